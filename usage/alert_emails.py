"""Mails of alerts. Each is a row that says whether it went out; call `write` inside the transaction of what it tells of."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Letter:
    """One crossing told to one address, and the row that says whether it went out."""

    mail: AlertMail
    crossing: AlertCrossing
    rule: AlertRule


def write(
    crossing: AlertCrossing, rule: AlertRule, readers: dict[str, str], purpose: AlertMail.Purpose, *, by_name: str, at: datetime
) -> list[Letter]:
    """The row of a mail to each of the readers, names by address, for `send`. Of a test the crossing is not a row."""
    return [Letter(_row(crossing, rule, email, name, purpose, by_name, at), crossing, rule) for email, name in readers.items()]


def send(letters: Iterable[Letter]) -> None:
    """Put into the outbox what one provider's alerts say: one mail to an address, whatever it has to hear of at once."""
    by_address: dict[str, list[Letter]] = {}
    for letter in letters:
        by_address.setdefault(letter.mail.email, []).append(letter)
    for email, mine in by_address.items():
        _put(email, mine)


@outbox.delivers(KIND)
def deliver(payload: outbox.Payload, key: str) -> None:
    """Send it, and note on its row how that went."""
    with tenancy.scope(payload["provider"]):
        mails = list(AlertMail.objects.filter(pk__in=payload["mails"], sent_at=None))
    if not mails:
        return
    try:
        outbox.send_mail(payload["letter"], key)
    except Exception as fault:
        with tenancy.scope(payload["provider"]):
            for mail in mails:
                mail.note_failure(repr(fault), at=datetime.now(UTC))
        raise
    with tenancy.scope(payload["provider"]):
        for mail in mails:
            mail.note_sent(at=datetime.now(UTC))


def _row(
    crossing: AlertCrossing, rule: AlertRule, email: str, name: str, purpose: AlertMail.Purpose, by_name: str, at: datetime
) -> AlertMail:
    return AlertMail.objects.create(
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


def _put(email: str, letters: list[Letter]) -> None:
    provider = letters[0].rule.provider
    with translation.override(settings.LANGUAGE_CODE):
        told = [_context(letter) for letter in letters]
        together = {"name": letters[0].mail.name, "provider_name": provider.name, "alerts": told, "url": portal_url("alert-log")}
        words = outbox.written(email, "alert", told[0]) if len(told) == 1 else outbox.written(email, "alerts", together)
    mails = [letter.mail.pk for letter in letters]
    outbox.put(KIND, {"provider": provider.pk, "mails": mails, "letter": words}, provider_id=provider.pk)


def _context(letter: Letter) -> dict[str, Any]:
    mail, crossing, rule = letter.mail, letter.crossing, letter.rule
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
