"""Caps with dates in words: what stands beside a cap wherever it is shown."""

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import formats
from django.utils.translation import gettext as _

from msp_portal.lib.templatetags.portal import number
from usage.models import CapChange


def open_change(organization_id: str) -> CapChange | None:
    """What is planned for an organization's cap."""
    return CapChange.objects.open().filter(organization_id=organization_id).first()


def changes_in_words(rows: QuerySet[CapChange], organizations: Iterable[str], zone: str) -> dict[str, str]:
    """Of those of `organizations` whose cap has dates: what follows, by organization; one statement."""
    found = rows.filter(over_at=None, organization_id__in=list(organizations))
    return {change.organization_id: what_follows(change, zone) for change in found}


def what_follows(change: CapChange, zone: str) -> str:
    """To follow the present cap: `until 3 Dec 2026, then 1,000`, or `from 1 Dec 2026 1,200`."""
    if change.has_begun and change.ends_at:
        told = {"end": day_or_time(change.ends_at, zone), "former": cap_in_words(change.former_cap)}
        return _("until %(end)s, then %(former)s") % told
    told = {"begin": day_or_time(change.begins_at, zone), "cap": cap_in_words(change.user_cap)}
    if not change.ends_at:
        return _("from %(begin)s %(cap)s") % told
    told |= {"end": day_or_time(change.ends_at, zone)}
    return _("from %(begin)s until %(end)s %(cap)s, then what stood before") % told


def cap_in_words(user_cap: int | None) -> str:
    """`1,200`, or that there is none."""
    return _("No User Cap") if user_cap is None else number(user_cap)


def day_or_time(at: datetime, zone: str) -> str:
    """`3 Dec 2026` for a midnight of the zone, with the time for any other instant."""
    local = at.astimezone(ZoneInfo(zone))
    return formats.date_format(local, "DATE_FORMAT" if local.time() == time() else "DATETIME_FORMAT")
