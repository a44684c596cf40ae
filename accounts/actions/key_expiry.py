"""Telling of keys that expire before long."""

from datetime import datetime

from accounts import key_emails
from accounts.models import ApiKey
from msp_portal.lib import tenancy


def tell_of_expiry(*, at: datetime) -> int:
    """Write to those who keep the keys of each expiry that is 30, 7 or 1 day ahead; the number of keys told of.

    Each notice is written once, however often, late or doubled this runs; of several that are overdue only the last one.
    """
    with tenancy.system("keys that expire before long"):
        expiring = list(ApiKey.objects.expiring(at).order_by("expires_at"))
    return sum(_tell(key, at) for key in expiring)


def _tell(key: ApiKey, at: datetime) -> bool:
    """Claim the notice that is due and write it, in one transaction: who comes second finds it claimed."""
    days = key.expiry_notice(at)
    if days is None:
        return False
    with tenancy.scope(key.provider_id):
        claimed = ApiKey.objects.filter(pk=key.pk).expiring(at).not_told(days).update(expiry_told_days=days)
        if claimed:
            key_emails.key_expires(key, at=at)
    return bool(claimed)
