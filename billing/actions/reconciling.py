"""Finding out what became of charges and refunds of which no answer came: by the payment provider's list, never by a new key."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Exists, OuterRef

from billing import psp
from billing.actions.collecting import ANSWER, refusal_of, send, send_refund, write, write_refund
from billing.actions.settling import Told, fail
from billing.models import BillingAccount, Charge, ChargeEvent, ChargeState, Refund
from msp_portal.lib import tenancy

log = structlog.get_logger(__name__)

PATIENCE: Final = timedelta(minutes=2)
"""How long an answer may take before it counts as lost; longer than any call (`PSP_TIMEOUT`)."""
KEY_IS_GOOD_FOR: Final = timedelta(hours=20)
"""How long the same key makes a second call harmless; the payment provider keeps keys for a day."""
CONFIRMED_WITHIN: Final = timedelta(hours=1)
"""How long a person may take to confirm a charge at the bank; then it is given up."""
ASKED_AGAIN_AFTER: Final = timedelta(hours=6)
"""A bank debit or a refund under way of which nothing is told is looked up this often."""
NEVER_ARRIVED: Final = "never_arrived"


def reconcile(now: Callable[[], datetime]) -> int:
    """Settle what can be settled; how many charges and refunds were looked at. One that fails leaves the others alone."""
    looked_at = [*_each(_unknown(now()), _find_out, now), *_each(_waiting(now()), _look_up, now)]
    looked_at += _each(_silent_refunds(now()), _find_out_refund, now)
    return len(looked_at)


def _each(rows: list[object], act: Callable[..., None], now: Callable[[], datetime]) -> list[object]:
    for row in rows:
        try:
            act(row, now)
        except psp.PaymentProviderError as fault:
            log.warning("billing.not_reconciled", row=str(row), error=fault.code)
        except Exception as fault:  # noqa: BLE001 - one that can't be settled must not keep the others waiting
            log.error("billing.not_reconciled", alarm=True, row=str(row), error=repr(fault))
    return rows


def _unknown(at: datetime) -> list[object]:
    with tenancy.system("charges without an answer"):
        lost = Charge.objects.filter(state=ChargeState.UNKNOWN, sent_at__lte=at - PATIENCE)
        return list(lost.select_related("invoice", "method").order_by("sent_at"))


def _find_out(charge: Charge, now: Callable[[], datetime]) -> None:
    """By the list; if it is not in there, by the same call with the same key, while it is still wanted.

    One that isn't stays unknown, as the list may be late, until the key is over and nothing can come of it any more.
    """
    assert charge.sent_at is not None, "an unknown charge was sent"
    found = _on_the_list(charge, charge.sent_at - PATIENCE)
    if found:
        write(charge, found, Told("reconciled", now()), now())
    elif now() - charge.sent_at >= KEY_IS_GOOD_FOR:
        _give_up(charge, NEVER_ARRIVED, now())
    elif _is_wanted(charge):
        send(charge, now)


def _is_wanted(charge: Charge) -> bool:
    with tenancy.system("reconcile a charge"):
        return not refusal_of(charge)


def _on_the_list(charge: Charge, since: datetime) -> psp.ChargeResult | None:
    with tenancy.system("reconcile a charge"):
        customer = BillingAccount.objects.get(provider_id=charge.provider_id).psp_customer
    made = psp.find_charges(customer=customer, since=since)
    return next((found for found in made if found.metadata.get("portal_charge") == charge.pk), None)


def _waiting(at: datetime) -> list[object]:
    """Those that wait for a person too long, and for a bank whose news may be lost."""
    with tenancy.system("charges that wait"):
        confirming = Charge.objects.filter(state=ChargeState.REQUIRES_ACTION, intended_at__lte=at - CONFIRMED_WITHIN)
        under_way = Charge.objects.filter(~_told_of(OuterRef("pk"), at), state=ChargeState.PROCESSING)
        return list((confirming | under_way).select_related("invoice", "method").order_by("sent_at"))


def _look_up(charge: Charge, now: Callable[[], datetime]) -> None:
    found = psp.find_charge(charge_id=charge.psp_id)
    if found.state == "requires_action":
        found = psp.cancel(charge_id=charge.psp_id)
    write(charge, found, Told("reconciled", now()), now())


def _told_of(charge: OuterRef, at: datetime) -> Exists:
    """Whether something was told of the charge, or found out, so short a while ago that it isn't asked for again."""
    return Exists(ChargeEvent.objects.filter(charge=charge, at__gt=at - ASKED_AGAIN_AFTER))


def _give_up(charge: Charge, code: str, at: datetime) -> None:
    with tenancy.system("settle a charge"):
        fail(charge, code, Told(ANSWER, at), at=at)


def _silent_refunds(at: datetime) -> list[object]:
    with tenancy.system("refunds without an answer"):
        lost = Refund.objects.filter(state=ChargeState.UNKNOWN, sent_at__lte=at - PATIENCE)
        under_way = Refund.objects.filter(~_told_of(OuterRef("payment__charge"), at), state=ChargeState.PROCESSING)
        return list((lost | under_way).select_related("payment__charge", "payment__invoice").order_by("sent_at"))


def _find_out_refund(order: Refund, now: Callable[[], datetime]) -> None:
    charge = order.payment.charge
    assert charge is not None, "only what a charge brought goes back through the payment provider"
    made = psp.find_refunds(charge_id=charge.psp_id)
    found = next((one for one in made if one.metadata.get("portal_refund") == order.pk), None)
    if found:
        write_refund(charge, found, Told("reconciled", now()), now())
    elif order.state == ChargeState.UNKNOWN:
        send_refund(order, now)
