"""Telling of cards that expire before long."""

from datetime import datetime
from zoneinfo import ZoneInfo

from billing import method_emails
from billing.models import PaymentMethod
from msp_portal.lib import tenancy


def tell_of_expiry(*, at: datetime) -> int:
    """Write once, for each card on file that expires within the notice or has expired, to those who pay; the number of cards told of.

    However often, late or doubled this runs: who comes second finds the card told of.
    """
    with tenancy.system("cards that expire before long"):
        expiring = PaymentMethod.objects.all().expiring(at.date()).filter(expiry_told_at=None)
        return sum(_tell(method, at) for method in expiring.select_related("provider").order_by("pk"))


def _tell(method: PaymentMethod, at: datetime) -> bool:
    claimed = PaymentMethod.objects.filter(pk=method.pk, removed_at=None, expiry_told_at=None).update(expiry_told_at=at)
    if claimed:
        day = at.astimezone(ZoneInfo(method.provider.time_zone)).date()
        method_emails.card_expires(method, is_expired=method.is_expired(day))
    return bool(claimed)
