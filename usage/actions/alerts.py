"""What a provider wants to be told of: adding, changing, muting and removing alerts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Organization, Provider
from msp_portal.lib.rules import RuleBroken
from usage.bounds import ALERTS_MAX
from usage.gate import OrganizationClosed
from usage.models import AlertRule
from usage.queries.alerts import who_may_read

TERMS: Final = ("to_billing", "administrators", "emails", "by_email", "by_webhook")


class SuchAnAlertStands(RuleBroken):
    """There is one of this threshold for this organization, or for all, already."""

    message = _("There is such an alert already. Change that one, or choose another threshold.")
    code = "alert_stands"


class TooManyAlerts(RuleBroken):
    """More would be of no use to anybody."""

    message = _("There are as many alerts as there can be. Remove one that is not needed.")
    code = "too_many_alerts"


class MayNotSee(RuleBroken):
    """An administrator was chosen who may not see what the alert tells."""

    message = _("An administrator you chose may not see licence figures, so this alert cannot go there.")
    code = "alert_reader_may_not_see"
    field = "administrators"


class TellsNobody(RuleBroken):
    """An alert that goes nowhere."""

    message = _("Choose somebody to tell by e-mail, or send it by webhook.")
    code = "alert_tells_nobody"


class OfLicensesIsOfAll(RuleBroken):
    """Licences are the provider's, not one organization's."""

    message = _("Licences are those of all organizations together. Choose all organizations.")
    code = "alert_of_licenses_is_of_all"
    field = "organization"


@transaction.atomic
def add_alert(
    *,
    provider: Provider,
    organization: Organization | None,
    kind: str,
    percent: int | None,
    by: Administrator,
    at: datetime,
    **terms: Any,
) -> AlertRule:
    """Watch one more threshold, from now on. `terms` are those of `change_alert`.

    :raises SuchAnAlertStands, TooManyAlerts, OfLicensesIsOfAll, OrganizationClosed, TellsNobody, MayNotSee: with nothing written.
    """
    rule = AlertRule(provider=provider, organization=organization, kind=kind, percent=percent, since=at)
    if organization is not None and rule.is_of_licenses:
        raise OfLicensesIsOfAll
    if organization is not None and organization.is_closed:
        raise OrganizationClosed(organization_id=organization.pk)
    if AlertRule.objects.filter(provider=provider).count() >= ALERTS_MAX:
        raise TooManyAlerts
    _apply(rule, by=by, **terms)
    _save(rule)
    audit.record(by, "usage.alert.added", rule, at=at, percent=percent, **_told(rule))
    return rule


@transaction.atomic
def change_alert(
    *,
    rule: AlertRule,
    percent: int | None,
    to_billing: bool,
    administrators: Sequence[Administrator],
    emails: list[str],
    by_email: bool,
    by_webhook: bool,
    by: Administrator,
    at: datetime,
) -> AlertRule:
    """Another threshold, which counts from now on, or others to tell.

    :raises SuchAnAlertStands, TellsNobody, MayNotSee: with nothing written.
    """
    before = {"percent": rule.percent, **_told(rule)}
    if rule.percent != percent:
        rule.percent, rule.since = percent, at
    terms: dict[str, Any] = {"to_billing": to_billing, "administrators": administrators, "emails": emails}
    _apply(rule, by=by, by_email=by_email, by_webhook=by_webhook, **terms)
    _save(rule)
    audit.record(by, "usage.alert.changed", rule, at=at, before=before, after={"percent": percent, **_told(rule)})
    return rule


@transaction.atomic
def mute_alert(*, rule: AlertRule, until: datetime | None, by: Administrator, at: datetime) -> AlertRule:
    """Tell nothing until then; None: until somebody ends it. What is crossed meanwhile is not made up for."""
    rule.mute(until=until, at=at)
    audit.record(by, "usage.alert.muted", rule, at=at, until=until)
    return rule


@transaction.atomic
def unmute_alert(*, rule: AlertRule, by: Administrator, at: datetime) -> AlertRule:
    """Tell again, from now on. What the worker has not looked at yet of the time before stays untold."""
    rule.unmute()
    rule.since = at
    rule.save(update_fields=["since"])
    audit.record(by, "usage.alert.unmuted", rule, at=at)
    return rule


@transaction.atomic
def remove_alert(*, rule: AlertRule, by: Administrator, at: datetime) -> None:
    """Watch it no more. What it told stays in the log."""
    audit.record(by, "usage.alert.removed", rule, at=at, percent=rule.percent, **_told(rule))
    rule.delete()


def _apply(
    rule: AlertRule,
    *,
    to_billing: bool,
    administrators: Sequence[Administrator],
    emails: list[str],
    by_email: bool,
    by_webhook: bool,
    by: Administrator,
) -> None:
    chosen = {person.pk for person in administrators}
    if chosen - set(who_may_read(rule.provider_id, rule.kind).filter(pk__in=chosen).values_list("pk", flat=True)):
        raise MayNotSee
    if not by_webhook and not (by_email and (to_billing or chosen or emails)):
        raise TellsNobody
    rule.to_billing, rule.administrators, rule.emails = to_billing, sorted(chosen), emails
    rule.by_email, rule.by_webhook, rule.changed_by = by_email, by_webhook, by.name


def _save(rule: AlertRule) -> None:
    """A new row, or what can be changed of one that stands: whose it is and what it watches never does."""
    changeable = ["percent", "since", "changed_by", *TERMS]
    try:
        with transaction.atomic():
            rule.save(update_fields=None if rule._state.adding else changeable)
    except IntegrityError as fault:
        if "one_alert_a_threshold" not in str(fault):
            raise
        raise SuchAnAlertStands from fault


def _told(rule: AlertRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in TERMS}
