"""What is done alike to the primary key and to each named one: a key with its successors is a line, of which one is current."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.keys import lookup_of, mac_of, new_key, newest_pepper
from accounts.models import Administrator, ApiKey, Person, Provider
from accounts.models.api_key_rows import ApiKeyQuerySet
from accounts.roles import Role, roles_within
from msp_portal.lib.rules import RuleBroken


class KeyReplacedMeanwhile(RuleBroken):
    """The form was filled in against another key than the present one: sent twice, replayed, or overtaken by a colleague."""

    message = _(
        "The key was replaced after this page was opened, so nothing was generated now. If you don't have the newest key, open this page again and generate one."
    )
    code = "key_replaced"


class RoleTooHigh(RuleBroken):
    message = _("A key may do no more than your own role may.")
    code = "key_role_too_high"
    field = "role"


class KeyReachesAll(RuleBroken):
    message = _("A key reaches every organization, and you are limited to some. Ask an administrator who is not.")
    code = "key_reaches_all"


@transaction.atomic
def revoke_key(*, key: ApiKey, by: Administrator | Person, at: datetime) -> None:
    """End `key` at once, and the one it took the place of if that still works. Does nothing to a key that was revoked before."""
    lock_keys(key.provider_id)
    for one in end_all(ApiKey.objects.ending_with(key, at), by=by, at=at):
        audit.record(by, "api_key.revoked", one, at=at)


def check_maker(by: Administrator, role: str) -> None:
    """Refuse a maker who would hold a key that may more than he.

    :raises KeyReachesAll: when the maker is limited to some organizations.
    :raises RoleTooHigh: when `role` may do more than the maker.
    """
    if by.is_limited:
        raise KeyReachesAll
    if role not in roles_within(Role(by.role)):
        raise RoleTooHigh


def lock_keys(provider_id: str) -> None:
    """From here to the end of the transaction nobody else changes which keys the provider has."""
    Provider.objects.select_for_update(no_key=True).get(pk=provider_id)


def take_over(
    line: ApiKeyQuerySet, present: ApiKey | None, *, keep_hours: int, by: Administrator, at: datetime, **terms: Any
) -> tuple[ApiKey, str]:
    """A new key with `terms` in the place of `present`, which is revoked or works for `keep_hours` more; none before it goes on working.

    What operators allow `present` passes on to the new one.
    """
    end_all(line.former(at), by=by, at=at)
    if present and keep_hours:
        present.keep_until(at + timedelta(hours=keep_hours))
    elif present:
        present.revoke(at=at, by_name=by.name)
    if present:
        terms["requests_per_minute"] = present.requests_per_minute
    return insert_key(by=by, at=at, **terms)


def insert_key(*, by: Administrator, at: datetime, **terms: Any) -> tuple[ApiKey, str]:
    """A new row with `terms`, and the key itself, which is kept nowhere."""
    plain, pepper = new_key(), newest_pepper()
    key = ApiKey.objects.create(
        lookup=lookup_of(plain) or "",
        mac=mac_of(plain, pepper),
        pepper=pepper,
        created_at=at,
        created_by_name=by.name,
        **terms,
    )
    return key, plain


def end_all(keys: ApiKeyQuerySet, *, by: Administrator | Person, at: datetime) -> list[ApiKey]:
    """Revoke `keys`; the rows."""
    ended = list(keys)
    for key in ended:
        key.revoke(at=at, by_name=by.name)
    return ended
