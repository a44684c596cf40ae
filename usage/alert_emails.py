"""Mails of alerts. Each is a row that says whether it went out; call `write` inside the transaction of what it tells of."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from accounts.emails import portal_url
from msp_portal.lib import outbox, tenancy
from msp_portal.lib.templatetags.portal import money
from usage.alert_words import meaning_of, told_by
from usage.models import AlertCrossing, AlertMail, AlertRule, Licensing

KIND: Final = "alert"


def write(
    crossing: AlertCrossing, rule: AlertRule, readers: dict[str, str], purpose: AlertMail.Purpose, *, by_name: str, at: datetime
) -> list[AlertMail]:
    """A mail to each of the readers, names by address. Of a test the crossing is not a row."""
    return [_write(crossing, rule, email, name, purpose, by_name, at) for email, name in readers.items()]


@outbox.delivers(KIND)
def deliver(payload: outbox.Payload, key: str) -> None:
    """Send it, and note on its row how that went."""
    with tenancy.scope(payload["provider"]):
        mail = AlertMail.objects.get(pk=payload["mail"])
    if mail.sent_at is not None:
        return
    try:
        outbox.send_mail(payload["letter"], key)
    except Exception as fault:
        with tenancy.scope(payload["provider"]):
            mail.note_failure(repr(fault), at=datetime.now(UTC))
        raise
    with tenancy.scope(payload["provider"]):
        mail.note_sent(at=datetime.now(UTC))


def _write(
    crossing: AlertCrossing, rule: AlertRule, email: str, name: str, purpose: AlertMail.Purpose, by_name: str, at: datetime
) -> AlertMail:
    mail = AlertMail.objects.create(
        provider_id=rule.provider_id,
        organization=crossing.organization,
        rule=rule,
        crossing=None if purpose == AlertMail.Purpose.TEST else crossing,
        purpose=purpose,
        email=email,
        name=name,
        made_at=at,
        made_by=by_name[:255],
    )
    with translation.override(settings.LANGUAGE_CODE):
        letter = outbox.written(email, "alert", _context(crossing, rule, mail))
    outbox.put(KIND, {"provider": rule.provider_id, "mail": mail.pk, "letter": letter}, provider_id=rule.provider_id)
    return mail


def _context(crossing: AlertCrossing, rule: AlertRule, mail: AlertMail) -> dict[str, Any]:
    local = crossing.at.astimezone(ZoneInfo(rule.provider.time_zone))
    licensing = Licensing.objects.filter(provider=rule.provider).first() if crossing.is_of_licenses else None
    price = money(licensing.overage_price, licensing.currency) if licensing else ""
    acts = portal_url("cap", crossing.organization_id) if crossing.organization_id else portal_url("usage")
    return {
        "name": mail.name,
        "told": told_by(crossing),
        "meaning": meaning_of(crossing, price),
        "at": f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}",
        "provider_name": rule.provider.name,
        "is_of_licenses": crossing.is_of_licenses,
        "is_test": mail.purpose == AlertMail.Purpose.TEST,
        "is_replay": mail.purpose == AlertMail.Purpose.REPLAY,
        "url": acts,
        "mute_url": portal_url("alert", rule.pk),
    }
