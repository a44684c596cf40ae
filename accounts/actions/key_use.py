"""What is noted of keys in use. Called after the answer has gone out, so none of it makes a client wait."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from accounts import audit, key_emails
from accounts.bounds import KEY_CLIENTS_REMEMBERED
from accounts.key_words import ALARMING
from accounts.keys import Checked, mac_of, newest_pepper
from accounts.models import ApiKey, AuditEvent
from msp_portal.lib import tenancy

AT_MOST_EVERY: Final = timedelta(minutes=1)
LONGEST_CLIENT: Final = 120

# Skips a row that someone holds: whoever does is noting a use, or revoking the key.
NOTE_ON_KEY: Final = """
    update accounts_apikey set last_used_at = %(at)s, last_used_from = %(address)s, last_used_by = %(client)s
    where id = (select id from accounts_apikey where id = %(key)s and (last_used_at is null or last_used_at <= %(before)s)
                for no key update skip locked)
"""
# A known client's row is renewed, a new one is added while there are few: a client may send any name.
NOTE_CLIENT: Final = """
    insert into accounts_apikeyuse (provider_id, api_key_id, client, address, first_used_at, last_used_at)
    select %(provider)s, %(key)s, %(client)s, %(address)s, %(at)s, %(at)s
    where exists (select from accounts_apikeyuse where api_key_id = %(key)s and client = %(client)s)
       or (select count(*) from accounts_apikeyuse where api_key_id = %(key)s) < %(most)s
    on conflict (api_key_id, client) do update set last_used_at = excluded.last_used_at, address = excluded.address
    where accounts_apikeyuse.last_used_at <= %(before)s
"""

_noted: dict[tuple[str, str], datetime] = {}
"""When this process last noted a client of a key; spares the statements that would change nothing."""


def note_use(*, key: ApiKey, presented: str, client: str, at: datetime) -> None:
    """Note that `client` used `key`, at most once a minute; renew the MAC if a newer pepper is there."""
    client = _short(client)
    if key.pepper == newest_pepper() and not _is_due(key, client, at):
        return
    values = {
        "provider": key.provider_id,
        "key": key.pk,
        "client": client,
        "address": audit.address.get(),
        "at": at,
        "before": at - AT_MOST_EVERY,
        "most": KEY_CLIENTS_REMEMBERED,
    }
    with tenancy.scope(key.provider_id), connection.cursor() as cursor:
        cursor.execute(NOTE_ON_KEY, values)
        cursor.execute(NOTE_CLIENT, values)
        _renew_mac(key, presented)


def note_refused(*, checked: Checked, client: str, at: datetime) -> None:
    """An alert in the provider's audit log that its key was presented and refused; the key of an unknown id has no log to go to.

    Where someone holds a whole key that is not good, those who keep the keys are written to, at most once a key and day.
    """
    key, client, outcome = checked.key, _short(client), AuditEvent.Outcome.REFUSED
    if key is None or not _is_due(key, checked.refusal, at):  # whatever the client calls itself: it could do so endlessly
        return
    with tenancy.scope(key.provider_id):
        audit.record(key, "api_key.refused", key, outcome=outcome, at=at, reason=checked.refusal, client=client)
        if checked.refusal in ALARMING and ApiKey.objects.filter(pk=key.pk).not_alerted(at).update(alerted_at=at):
            key_emails.key_refused(key, reason=checked.refusal, client=client, at=at)


def _short(client: str) -> str:
    return " ".join(client.split())[:LONGEST_CLIENT]


def _is_due(key: ApiKey, client: str, at: datetime) -> bool:
    """Whether this process noted that longer than a minute ago. Forgets all when it remembers too many."""
    last = _noted.get((key.pk, client))
    if last is not None and last > at - AT_MOST_EVERY:
        return False
    if len(_noted) > 10_000:
        _noted.clear()
    _noted[key.pk, client] = at
    return True


def _renew_mac(key: ApiKey, presented: str) -> None:
    pepper = newest_pepper()
    if key.pepper != pepper:
        ApiKey.objects.filter(pk=key.pk, pepper=key.pepper).update(mac=mac_of(presented, pepper), pepper=pepper)
