"""Telling of what was crossed, once; and again, or as a test, when somebody asks for it."""

from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Provider
from msp_portal.lib import tenancy
from msp_portal.lib.each import batched, each
from msp_portal.lib.rules import RuleBroken
from usage import alert_emails, webhook_data
from usage.actions.webhooks import announce
from usage.alert_emails import Letter
from usage.bounds import ALERT_MAILS_ASKED_MAX, ALERT_MAILS_WINDOW, ALERTS_TOLD_AT_ONCE
from usage.models import AlertCrossing, AlertKind, AlertMail, AlertRule
from usage.queries.alerts import as_if_crossed, readers_of

Purpose = AlertMail.Purpose


class NobodyReads(RuleBroken):
    """The alert names nobody who may see it now, and no endpoint listens."""

    message = _("Nothing was sent: nobody whom this alert names may see it now, and no webhook listens to it.")
    code = "alert_without_readers"


class AlertIsGone(RuleBroken):
    """The alert that fired was removed since, and with it whom to tell."""

    message = _("The alert was removed meanwhile, so there is nobody to send it to.")
    code = "alert_is_gone"


class TooManyAsked(RuleBroken):
    """A bound that people do not meet and a script that writes to strangers does."""

    message = _("Too many alerts were tested or sent again today. Try again tomorrow.")
    code = "alert_too_many_asked"


def tell_crossings(*, at: datetime) -> int:
    """Write the mails and webhooks of every crossing that nobody was told of; how many crossings. What somebody hears at once is one mail.

    :raises ExceptionGroup: after all others, with what went wrong with some; they are tried again with the next run.
    """
    with tenancy.system("crossings to tell of"):
        untold = list(AlertCrossing.objects.untold().order_by("provider_id", "at", "pk").values_list("provider_id", "pk"))
    steps = [
        (provider_id, [pk for _, pk in step])
        for provider_id, found in groupby(untold, itemgetter(0))
        for step in batched(found, ALERTS_TOLD_AT_ONCE)
    ]
    return sum(each(steps, lambda step: _tell_step(*step, at=at), failed="alerts"))


@transaction.atomic
def send_again(*, crossing: AlertCrossing, by: Administrator, at: datetime) -> int:
    """Send what was crossed once more, to those whom the alert names now; how many mails and webhooks.

    :raises AlertIsGone, NobodyReads, TooManyAsked: with nothing written.
    """
    rule = crossing.rule
    if rule is None:
        raise AlertIsGone
    sent = _send(crossing, rule, Purpose.REPLAY, by_name=by.name, at=at)
    audit.record(by, "usage.alert.replayed", rule, organization_id=crossing.organization_id, at=at, number=sent)
    return sent


@transaction.atomic
def send_test(*, rule: AlertRule, by: Administrator, at: datetime) -> int:
    """Send the alert, marked as a test, to those whom it names; how many mails and webhooks. Nothing counts as crossed by it.

    :raises NobodyReads, TooManyAsked: with nothing written.
    """
    sent = _send(as_if_crossed(rule, at), rule, Purpose.TEST, by_name=by.name, at=at)
    audit.record(by, "usage.alert.tested", rule, at=at, number=sent)
    return sent


def _tell_step(provider_id: str, crossings: list[str], *, at: datetime) -> int:
    """Some crossings of a provider together; where one of them fails, each by itself, so that it keeps no other waiting."""
    try:
        return _tell(provider_id, crossings, at=at)
    except Exception:
        if len(crossings) == 1:
            raise
    return sum(each(crossings, lambda one: _tell(provider_id, [one], at=at), failed="alerts"))


def _tell(provider_id: str, crossings: list[str], *, at: datetime) -> int:
    """How many; without those that another worker is at, or has been. Their mails and the note that they were written are one transaction."""
    with tenancy.scope(provider_id):
        untold = AlertCrossing.objects.untold().filter(pk__in=crossings).select_related("organization", "rule", "rule__provider")
        found = list(untold.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("at", "pk"))
        letters: list[Letter] = []
        for crossing in found:
            crossing.told_at = at
            crossing.save(update_fields=["told_at"])
            if crossing.rule and not (crossing.organization and crossing.organization.is_closed):
                letters += _letters(crossing, crossing.rule, Purpose.CROSSING, by_name="", at=at)
                _announce(crossing, crossing.rule, Purpose.CROSSING, at)
        alert_emails.send(letters)
        return len(found)


def _send(crossing: AlertCrossing, rule: AlertRule, purpose: Purpose, *, by_name: str, at: datetime) -> int:
    # Locked, so that two at once are counted one after the other.
    Provider.objects.select_for_update(no_key=True).get(pk=rule.provider_id)
    letters = _letters(crossing, rule, purpose, by_name=by_name, at=at)
    alert_emails.send(letters)
    sent = len(letters) + _announce(crossing, rule, purpose, at)
    if not sent:
        raise NobodyReads
    asked = AlertMail.objects.filter(provider_id=rule.provider_id, made_at__gt=at - ALERT_MAILS_WINDOW)
    if asked.exclude(purpose=Purpose.CROSSING).count() > ALERT_MAILS_ASKED_MAX:
        raise TooManyAsked
    return sent


def _letters(crossing: AlertCrossing, rule: AlertRule, purpose: Purpose, *, by_name: str, at: datetime) -> list[Letter]:
    readers = readers_of(rule, crossing.organization) if rule.by_email else {}
    return alert_emails.write(crossing, rule, readers, purpose, by_name=by_name, at=at)


def _announce(crossing: AlertCrossing, rule: AlertRule, purpose: Purpose, at: datetime) -> int:
    """The deliveries to webhooks; how many. They are about the crossing, or about the alert that is tested."""
    if not rule.by_webhook:
        return 0
    is_test = purpose == Purpose.TEST
    told = webhook_data.alert(crossing, rule, test=is_test, replay=purpose == Purpose.REPLAY)
    about = rule.pk if is_test else crossing.pk
    announced = announce(webhook_data.ALERTS[AlertKind(rule.kind)], told, provider=rule.provider, at=at, about=about)
    if announced and not is_test:
        crossing.webhooks += announced
        crossing.save(update_fields=["webhooks"])
    return announced
