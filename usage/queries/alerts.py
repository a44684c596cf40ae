"""Who reads an alert, and the figures a test of it shows."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Administrator, Organization
from accounts.roles import Permission, Role
from usage.models import AlertCrossing, AlertKind, AlertRule, Licensing, Seats
from usage.models.alert import OF_LICENSES
from usage.queries.licences import licences_used


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
    """An unsaved crossing for a test: with the present figures where the rule has a number of its own, else with made-up ones."""
    count, limit = _figures(rule)
    return AlertCrossing(
        provider=rule.provider,
        organization=rule.organization,
        rule=rule,
        kind=rule.kind,
        percent=rule.percent,
        threshold=limit if rule.percent is None else -(-limit * rule.percent // 100),
        count=count,
        limit=limit,
        month=at.date().replace(day=1),
        at=at,
    )


def _figures(rule: AlertRule) -> tuple[int, int]:
    """Users and cap, or licences consumed and committed."""
    if rule.is_of_licenses:
        licensing = Licensing.objects.filter(provider=rule.provider).first()
        return licences_used(rule.provider), (licensing and licensing.committed) or 100
    seats = Seats.objects.filter(organization=rule.organization).first() if rule.organization else None
    if seats is not None and seats.user_cap is not None:
        return seats.users, seats.user_cap
    return (50 if rule.kind == AlertKind.LIMIT_REACHED else 45), 50
