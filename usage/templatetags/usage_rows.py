"""The rows of the Usage table. A page has a hundred, so the template draws one row of each kind, with blanks, and each organization fills them."""

from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from typing import Final, NamedTuple

from django import template
from django.template import Context, Engine
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from msp_portal.lib.templatetags.portal import number
from usage.models import Seats
from usage.models.seats import CapState, cap_state
from usage.queries.rows import UsageRow

register = template.Library()

ROW: Final = "usage/row.html"


class Kind(NamedTuple):
    """What the template decides by."""

    is_closed: bool
    has_last: bool
    has_cap: bool
    cap_state: CapState
    has_dates: bool
    has_request: bool


@register.simple_tag(takes_context=True)
def usage_rows(context: Context, rows: Iterable[UsageRow | Seats]) -> SafeString:
    """The rows, for who may edit caps (`edits_caps`) and open organizations (`sees_organizations`); the marks are of `month` and
    `last_month`, `cap_changes` tells what follows a cap, `waiting` has the open requests for seats."""
    follows: Mapping[str, str] = context.get("cap_changes") or {}
    waiting: Mapping[str, tuple[str, int]] = context.get("waiting") or {}
    drawn: dict[Kind, str] = {}
    filled = []
    for row in rows:
        request_id, asked = waiting.get(row.organization_id, ("", 0))
        kind = _kind_of(row, has_dates=row.organization_id in follows, has_request=bool(asked))
        if kind not in drawn:
            drawn[kind] = _with_blanks(context, kind)
        filled.append(
            drawn[kind].format(
                id=row.organization_id,
                name=escape(row.name),
                last=number(row.last_high_water_mark),  # type: ignore[union-attr]
                users=number(row.users),
                devices=number(row.devices),
                mark=number(row.high_water_mark),  # type: ignore[union-attr]
                cap=number(row.user_cap),
                follows=escape(follows.get(row.organization_id, "")),
                request=request_id,
                asked=number(asked),
            )
        )
    return mark_safe("".join(filled))  # noqa: S308 - a rendered template; of what fills it only the name was typed, and is escaped


@register.simple_tag(takes_context=True)
def usage_row(context: Context, row: Seats) -> SafeString:
    """One of them alone; `row` comes from `Seats.objects.as_of`."""
    return usage_rows(context, [row])


def _kind_of(row: UsageRow | Seats, *, has_dates: bool, has_request: bool) -> Kind:
    return Kind(
        row.closed_at is not None,
        row.last_high_water_mark is not None,  # type: ignore[union-attr]  # of `as_of`
        row.user_cap is not None,
        cap_state(row.users, row.user_cap),
        has_dates,
        has_request,
    )


def _with_blanks(context: Context, kind: Kind) -> str:
    urls = {
        "organization_url": _url_with_blanks("organization", "{id}"),
        "cap_url": _url_with_blanks("cap", "{id}"),
        "mark_url": _url_with_blanks("mark", "{id}", month=context["month"].month),
        "last_mark_url": _url_with_blanks("mark", "{id}", month=context["last_month"]),
        "request_url": _url_with_blanks("seat-request", "{id}", "{request}"),
    }
    with context.push(**kind._asdict(), **urls):
        return Engine.get_default().get_template(ROW).render(context)


def _url_with_blanks(name: str, *blanks: str, month: date | None = None) -> str:
    """The address with `blanks` for its ids, of that `month` if it names one."""
    ids = [f"{place:024}" for place, _ in enumerate(blanks)]
    url = reverse(name, args=[*ids, month] if month else ids)
    for any_id, blank in zip(ids, blanks, strict=True):
        url = url.replace(any_id, blank)
    return url
