"""Mails about administrators, to those who say who is one. What a key does cannot be preceded by a proof of who it is, so it is followed by a mail."""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit
from accounts.emails import portal_url
from accounts.models import Administrator, ApiKey
from accounts.roles import Permission
from msp_portal.lib import outbox


def invited_by_key(invited: Administrator, *, key: ApiKey, at: datetime) -> None:
    """Say whom `key` invited as what, when, from where, and what to do. Call it inside a scope."""
    with translation.override(settings.LANGUAGE_CODE):
        what = _("The key “%(key)s” invited %(name)s (%(email)s) as %(role)s") % _facts(invited, key)
        if invited.api_access_at:
            what += _(", who may also generate keys")
        advice = _("If you did not expect this, remove the administrator, and revoke the key or renew it: then this one ends.")
        _tell_owners(key, what, advice, at)


def changed_by_key(changed: Administrator, *, key: ApiKey, at: datetime) -> None:
    """Say what someone may do now that `key` changed it. Call it inside a scope."""
    with translation.override(settings.LANGUAGE_CODE):
        what = _("The key “%(key)s” changed %(name)s (%(email)s), who now is %(role)s") % _facts(changed, key)
        if changed.api_access_at:
            what += _(", who may also generate keys")
        if changed.suspended_at:
            what += _(" and suspended")
        advice = _("If you did not expect this, change it back, and revoke the key or renew it: then this one ends.")
        _tell_owners(key, what, advice, at)


def removed_by_key(removed: Administrator, *, key: ApiKey, at: datetime) -> None:
    """Say whom `key` removes. Call it inside a scope, before it is done."""
    with translation.override(settings.LANGUAGE_CODE):
        what = _("The key “%(key)s” removed %(name)s (%(email)s), who was %(role)s") % _facts(removed, key)
        advice = _("If you did not expect this, revoke the key or renew it, so that this one ends, and invite the person again.")
        _tell_owners(key, what, advice, at)


def _facts(administrator: Administrator, key: ApiKey) -> dict[str, str]:
    role = str(administrator.get_role_display())
    return {"key": str(key), "name": administrator.name, "email": administrator.email, "role": role}


def _tell_owners(key: ApiKey, what: str, advice: str, at: datetime) -> None:
    """One mail to each of the provider's active administrators who may invite and remove others."""
    provider = key.provider
    context = {
        "what": what,
        "advice": advice,
        "provider_name": provider.name,
        "at": at,
        "zone": provider.time_zone,
        "address": audit.address.get() or "",
        "administrators_url": portal_url("administrators"),
        "key_url": portal_url("api-keys"),
    }
    for owner in Administrator.objects.filter(provider_id=key.provider_id).who_may(Permission.EDIT_ADMINISTRATORS):
        words = {**context, "name": owner.name}
        outbox.mail(owner.email, "administrator_by_key", words, provider_id=key.provider_id)
