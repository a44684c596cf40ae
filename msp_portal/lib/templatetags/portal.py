"""What templates of the portal may say: icons, the two charts, and numbers, money and times in the reader's format."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from msp_portal.lib.charts import BarValue, Donut, bars_of, donut_of
from msp_portal.lib.money import digits_shown

Rows = Iterable[Mapping[str, Any]]

register = template.Library()

NO_VALUE = "–"
ZONE_NAMES_ARE_LETTERS = str.isalpha  # some zones have no abbreviation and answer "-03"


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """The Lucide icon `name`, drawn in the colour of the text and hidden from screen readers: the words stand beside it."""
    return _icon(str(name), size)


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    attributes = {"class": "icon", "aria-hidden": "true", "focusable": "false"}
    return mark_safe(lucide(name, size=size, **attributes))  # noqa: S308 - drawn by the package, `name` is only looked up


@register.simple_tag(takes_context=True)
def block_again(context: Context, name: str) -> SafeString:
    """What the page put into the block `name`, a second time: the title of the window as the page's heading."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return mark_safe(block.render(context) if block else "")  # noqa: S308 - a rendered template


@register.inclusion_tag("components/donut.html")
def donut(consumed: int, committed: int, mark: int | None, state: str) -> dict[str, Donut]:
    """The licence donut. `state`: `ok`, `near` or `over`. The page puts the same facts in words beside it."""
    return {"donut": donut_of(consumed, committed, mark, state)}


@register.inclusion_tag("components/bars.html")
def month_bars(rows: Rows, label: str, value_label: str, limit: int | None = None, **more: Any) -> dict[str, Any]:
    """Bars of `rows` (`month`: date, `value`, and if wanted `note`, `is_current`, `url`, `more_url`), oldest first, with the same numbers as a table.

    `more`, as for `day_bars`: `note_label` heads the notes, which are right-aligned figures with `notes_are_numbers`; `committed` says that the
    limit is a commitment and not a cap, `in_dialog` that links of the months stay in the dialog.
    """
    chart = bars_of(map(_month_value, rows), limit)
    return {"chart": chart, "label": label, "value_label": value_label, "note_label": _("Reached"), **more}


@register.inclusion_tag("components/bars.html")
def day_bars(rows: Rows, label: str, value_label: str, limit: int | None = None, places: int = 0, **more: Any) -> dict[str, Any]:
    """The same of days (`day`: date, `value`, `note`: a figure), with room for `places` of them."""
    chart = bars_of(map(_day_value, rows), limit, places)
    return {"chart": chart, "label": label, "value_label": value_label, "are_days": True, "notes_are_numbers": True, **more}


def _month_value(row: Mapping[str, Any]) -> BarValue:
    month: date = row["month"]
    return BarValue(
        short=formats.date_format(month, "M"),
        name=formats.date_format(month, "YEAR_MONTH_FORMAT"),
        value=row["value"],
        note=row.get("note", ""),
        is_current=row.get("is_current", False),
        url=row.get("url", ""),
        more_url=row.get("more_url", ""),
    )


def _day_value(row: Mapping[str, Any]) -> BarValue:
    day: date = row["day"]
    return BarValue(
        short=str(day.day),
        name=formats.date_format(day, "DATE_FORMAT"),
        value=row["value"],
        note=number(row["note"]),
    )


@register.filter
def number(value: int | Decimal | None) -> str:
    """`1,234` in the reader's locale; a dash for None."""
    if value is None:
        return NO_VALUE
    if type(value) is int:  # a long table has hundreds of these, and Django's way takes eight times as long
        return f"{value:,}".replace(",", _thousands(get_language() or ""))
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@lru_cache
def _thousands(language: str) -> str:
    return str(formats.get_format("THOUSAND_SEPARATOR", language or None, use_l10n=True))


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`1,234.50 USD` in the reader's locale, with a space that doesn't break; a dash for None."""
    if amount is None:
        return NO_VALUE
    figure = formats.number_format(amount, decimal_pos=digits_shown(amount, currency), use_l10n=True, force_grouping=True)
    return f"{figure}\u00a0{currency}"


@register.filter
def in_zone(at: datetime | None, zone: str | ZoneInfo) -> str:
    """`17 Mar 2026, 10:00 MDT` as a `<time>`: the instant as it reads in the IANA zone `zone`; a dash for None."""
    if at is None:
        return NO_VALUE
    local = _local(at, zone)
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), str(local.tzinfo), _exact(local))


@register.filter
def day_in_zone(at: datetime | None, zone: str | ZoneInfo) -> str:
    """`17 Mar 2026` as a `<time>`: the day of the instant in the zone `zone`, with the exact time one hover away; a dash for None."""
    if at is None:
        return NO_VALUE
    local = _local(at, zone)
    return format_html(
        '<time class="day" datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        _exact(local),
        formats.date_format(local, "DATE_FORMAT"),
    )


@register.filter
def words_in_zone(at: datetime, zone: str | ZoneInfo) -> str:
    """The same as `in_zone` in plain words, for mails."""
    return _exact(_local(at, zone))


def _local(at: datetime, zone: str | ZoneInfo) -> datetime:
    return at.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))


def _exact(local: datetime) -> str:
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} {_zone_name(local)}"


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return name if ZONE_NAMES_ARE_LETTERS(name) else f"UTC{name}"


@register.filter
def cap_badge(state: str) -> SafeString:
    """The badge of a cap's state, `reached` or `near`; nothing for any other."""
    return _cap_badge(state, get_language() or "")


@lru_cache
def _cap_badge(state: str, language: str) -> SafeString:
    if state == "reached":
        return format_html('<span class="tag tag-over">{}</span>', _("LIMIT REACHED"))
    if state == "near":
        return format_html('<span class="tag tag-near">{}</span>', _("NEAR LIMIT"))
    return SafeString("")


@register.filter
def month_name(month: date) -> str:
    """`March 2026`."""
    return formats.date_format(month, "YEAR_MONTH_FORMAT")


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget in the portal's dress; label, help and error are `components/field.html`'s part."""
    widget = field.field.widget
    if isinstance(widget, (CheckboxInput, CheckboxSelectMultiple, RadioSelect)):
        kind = "form-check-input"
    else:
        kind = "form-select" if isinstance(widget, Select) else "form-control"
    invalid = " is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": f"{widget.attrs.get('class', '')} {kind}{invalid}".strip()})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    """True for radio buttons and lists of check boxes, whose name is a legend."""
    return isinstance(field.field.widget, (RadioSelect, CheckboxSelectMultiple))


@register.filter
def initials(name: str) -> str:
    """Up to two capitals for the person's mark: `Ada Lovelace` gives `AL`."""
    words = [word for word in str(name).split() if word[0].isalpha()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:])) or _("?")
