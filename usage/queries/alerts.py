"""Who reads an alert, and the figures a test of it shows."""

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Administrator, Organization
from accounts.roles import Permission, Role
from usage.bounds import NEAR_LICENSES_SHARE, NEAR_LIMIT_SEATS
from usage.models import AlertCrossing, AlertRule, Licensing, Seats
from usage.models.alert import OF_LICENSES


def who_may_read(provider_id: str, kind: str) -> QuerySet[Administrator]:
    """The provider's active administrators whose role lets them see what an alert of that kind tells."""
    permission = Permission.SEE_LICENSES if kind in OF_LICENSES else Permission.SEE_USAGE
    return Administrator.objects.filter(provider_id=provider_id).who_may(permission)


def readers_of(rule: AlertRule, organization: Organization | None) -> dict[str, str]:
    """Names by address, each once: of those the rule names who may see this now. Who is suspended, gone, or limited to others gets nothing."""
    may = who_may_read(rule.provider_id, rule.kind)
    if organization is not None:
        may = may.reaching(organization)  # type: ignore[attr-defined]
    chosen = Q(pk__in=rule.administrators)
    if rule.to_billing:
        chosen |= Q(role=Role.ADMINISTRATOR_WITH_BILLING)
    found = {person.email.lower(): person.name for person in may.filter(chosen)}
    return {**dict.fromkeys(map(str.lower, rule.emails), ""), **found}


def as_if_crossed(rule: AlertRule, at: datetime) -> AlertCrossing:
    """An unsaved crossing for a test: what would just cross the present limit, or a made-up one where the rule has none of its own."""
    limit = _limit(rule)
    threshold = _threshold(rule, limit)
    return AlertCrossing(
        provider=rule.provider,
        organization=rule.organization,
        rule=rule,
        kind=rule.kind,
        percent=rule.percent,
        threshold=threshold,
        count=threshold,
        limit=limit,
        month=at.date().replace(day=1),
        at=at,
    )


def _limit(rule: AlertRule) -> int:
    """The user cap, or the committed licences."""
    if rule.is_of_licenses:
        return Licensing.objects.filter(provider=rule.provider).values_list("committed", flat=True).first() or 100
    return Seats.objects.filter(organization=rule.organization).values_list("user_cap", flat=True).first() or 50


def _threshold(rule: AlertRule, limit: int) -> int:
    near = (None, NEAR_LICENSES_SHARE) if rule.is_of_licenses else (NEAR_LIMIT_SEATS, None)
    with connection.cursor() as cursor:
        cursor.execute("select usage_alert_threshold(%s, %s, %s, %s, %s)", [rule.kind, rule.percent, limit, *near])
        threshold: int = cursor.fetchone()[0]
    return threshold
