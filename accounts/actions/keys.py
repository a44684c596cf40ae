"""Generating and ending a provider's key to the JSON API."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.keys import lookup_of, mac_of, new_key, newest_pepper
from accounts.models import Administrator, ApiKey, Provider
from accounts.roles import Role, roles_within
from msp_portal.lib.rules import RuleBroken

NAME: Final = "API key"


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
def generate_key(
    *,
    provider: Provider,
    by: Administrator,
    at: datetime,
    role: str | None = None,
    keep_hours: int = 0,
    replaces: str | None = None,
) -> tuple[ApiKey, str]:
    """Make the provider's new key and revoke the former one, or keep it for `keep_hours`; the row, and the key itself, which is kept nowhere.

    `role` is the maker's own if not given. `replaces` is the id of the key that the maker saw as the present one, empty for none; without it
    whatever key is present is replaced.

    :raises KeyReplacedMeanwhile: when the present key is another than `replaces`.
    :raises RoleTooHigh: when `role` may do more than the maker.
    :raises KeyReachesAll: when the maker is limited to some organizations.
    """
    _check_the_maker(by, role)
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)  # one generation a provider at a time
    present = ApiKey.objects.filter(provider=provider).primary().first()
    if replaces is not None and replaces != (present.pk if present else ""):
        raise KeyReplacedMeanwhile
    _end(ApiKey.objects.filter(provider=provider).former(at), by, at)
    if present:
        _retire(present, keep_hours, by, at)
    plain = new_key()
    key = _insert(provider, plain, role or by.role, by, at)
    audit.record(
        by,
        "api_key.generated",
        key,
        at=at,
        role=key.role,
        former=present.prefix if present else None,
        former_kept_hours=keep_hours,
    )
    return key, plain


@transaction.atomic
def end_former_key(*, provider: Provider, by: Administrator, at: datetime) -> None:
    """Revoke the key before the present one, which was still allowed to work. Does nothing when there is none any more."""
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    for key in _end(ApiKey.objects.filter(provider=provider).former(at), by, at):
        audit.record(by, "api_key.ended", key, at=at)


def _check_the_maker(by: Administrator, role: str | None) -> None:
    if by.is_limited:
        raise KeyReachesAll
    if role and role not in roles_within(Role(by.role)):
        raise RoleTooHigh


def _end(keys: models.QuerySet[ApiKey], by: Administrator, at: datetime) -> list[ApiKey]:
    ended = list(keys)
    for key in ended:
        key.revoke(at=at, by_name=by.name)
    return ended


def _retire(present: ApiKey, keep_hours: int, by: Administrator, at: datetime) -> None:
    if keep_hours:
        present.keep_until(at + timedelta(hours=keep_hours))
    else:
        present.revoke(at=at, by_name=by.name)


def _insert(provider: Provider, plain: str, role: str, by: Administrator, at: datetime) -> ApiKey:
    pepper = newest_pepper()
    return ApiKey.objects.create(
        provider=provider,
        name=NAME,
        lookup=lookup_of(plain) or "",
        mac=mac_of(plain, pepper),
        pepper=pepper,
        role=role,
        is_primary=True,
        created_at=at,
        created_by_name=by.name,
    )
