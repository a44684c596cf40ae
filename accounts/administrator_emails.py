"""Mails about administrators, to those who say who is one. What a key does cannot be preceded by a proof of who it is, so it is followed by a mail."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit
from accounts.emails import portal_url
from accounts.models import Administrator, ApiKey
from accounts.roles import Permission
from msp_portal.lib import outbox


def invited_by_key(invited: Administrator, *, key: ApiKey, at: datetime) -> None:
    """Say whom `key` invited as what, when, from where, and what to do. Call it inside a scope."""
    what = _("The key “%(key)s” invited %(name)s (%(email)s) as %(role)s") % _facts(invited, key)
    _tell_owners(
        key, what, _("If you did not expect this, remove the administrator, and generate a new key: it ends this one."), at
    )


def removed_by_key(removed: Administrator, *, key: ApiKey, at: datetime) -> None:
    """Say whom `key` removes. Call it inside a scope, before it is done."""
    what = _("The key “%(key)s” removed %(name)s (%(email)s), who was %(role)s") % _facts(removed, key)
    _tell_owners(
        key, what, _("If you did not expect this, generate a new key, which ends this one, and invite the person again."), at
    )


def _facts(administrator: Administrator, key: ApiKey) -> dict[str, str]:
    role = str(administrator.get_role_display())
    return {"key": str(key), "name": administrator.name, "email": administrator.email, "role": role}


def _tell_owners(key: ApiKey, what: str, advice: str, at: datetime) -> None:
    """One mail to each of the provider's active administrators who may invite and remove others."""
    context = {
        "what": what,
        "advice": advice,
        "provider_name": key.provider.name,
        "at": f"{date_format(at, 'DATETIME_FORMAT')} UTC",
        "address": audit.address.get() or "",
        "administrators_url": portal_url("administrators"),
        "key_url": portal_url("api-key"),
    }
    for owner in Administrator.objects.filter(provider_id=key.provider_id).who_may(Permission.EDIT_ADMINISTRATORS):
        words = {**context, "name": owner.name}
        outbox.mail(owner.email, "administrator_by_key", words, provider_id=key.provider_id)
