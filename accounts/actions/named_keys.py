"""Making and renewing the further keys of a provider, each with a name of its own: one for each script and tool."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actions.key_line import check_maker, end_all, insert_key, lock_keys, take_over
from accounts.bounds import KEYS_NAMED_MAX
from accounts.models import Administrator, ApiKey, Provider
from msp_portal.lib.rules import RuleBroken


class KeyNameTaken(RuleBroken):
    message = _("A key with this name works already (case makes no difference). Choose another name, or renew that key.")
    code = "key_name_taken"
    field = "name"


class TooManyKeys(RuleBroken):
    message = _("You have as many named keys as there may be. Revoke one that is no longer used.")
    code = "too_many_keys"


class KeyIsOver(RuleBroken):
    """The form was sent twice or replayed, or someone else was quicker."""

    message = _(
        "This key was renewed or revoked after this page was opened, or it expired, so nothing was generated now. See the list of keys for the present one."
    )
    code = "key_is_over"


@transaction.atomic
def create_named_key(
    *,
    provider: Provider,
    name: str,
    role: str,
    expires_at: datetime | None,
    networks: Sequence[str] | None,
    by: Administrator,
    at: datetime,
) -> tuple[ApiKey, str]:
    """A further key of the provider; the row, and the key itself, which is kept nowhere.

    `networks` are the only ones it may be used from, None for anywhere. A name is free again once nothing of that name works.

    :raises KeyNameTaken: while a key of that name works.
    :raises TooManyKeys: when the provider has as many as there may be.
    :raises RoleTooHigh: when `role` may do more than the maker.
    :raises KeyReachesAll: when the maker is limited to some organizations.
    """
    check_maker(by, role)
    lock_keys(provider.pk)
    named = ApiKey.objects.filter(provider=provider).named()
    if named.called(name).live(at).exists():
        raise KeyNameTaken
    if named.current().live(at).count() >= KEYS_NAMED_MAX:
        raise TooManyKeys
    end_all(named.called(name).current(), by=by, at=at)  # expired; the index, which knows no time, still holds its name for it
    terms = {"provider": provider, "name": name, "role": role, "expires_at": expires_at, "networks": networks}
    key, plain = insert_key(by=by, at=at, **terms)
    audit.record(by, "api_key.generated", key, at=at, role=role, expires_at=expires_at, networks=key.allowed_from)
    return key, plain


@transaction.atomic
def renew_key(
    *,
    key: ApiKey,
    keep_hours: int,
    expires_at: datetime | None,
    networks: Sequence[str] | None,
    by: Administrator,
    at: datetime,
) -> tuple[ApiKey, str]:
    """A new key with the name and role of `key`, which is revoked or works for `keep_hours` more; the row, and the key itself.

    :raises KeyIsOver: when `key` is not the present one of its name any more.
    :raises RoleTooHigh: when `key` may do more than the one who renews it, and would then hold it.
    :raises KeyReachesAll: when he is limited to some organizations.
    """
    check_maker(by, key.role)
    lock_keys(key.provider_id)
    line = ApiKey.objects.line_of(key)
    present = line.current().live(at).filter(pk=key.pk).first()
    if present is None:
        raise KeyIsOver
    terms = {"provider_id": key.provider_id, "name": present.name, "role": present.role}
    new, plain = take_over(line, present, keep_hours=keep_hours, by=by, at=at, expires_at=expires_at, networks=networks, **terms)
    audit.record(
        by,
        "api_key.renewed",
        new,
        at=at,
        role=new.role,
        former=present.prefix,
        former_kept_hours=keep_hours,
        expires_at=expires_at,
        networks=new.allowed_from,
    )
    return new, plain
