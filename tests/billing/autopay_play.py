"""Methods on file without a payment provider behind them, and its answers as the test wants them, on the day it wants."""

from datetime import UTC, datetime, timedelta

from billing.actions.charges import intend_charge
from billing.actions.settling import Told, fail, settle
from billing.models import BillingAccount, Charge
from billing.psp import ChargeResult
from msp_portal.lib.models import OutboxMessage
from tests.billing import methods

DUE = datetime(2026, 5, 1, 12, tzinfo=UTC)  # noon on the due date of the overage invoice of March


def days_after_due(number, **hours):
    return DUE + timedelta(days=number, **hours)


def customer_of(provider_id):
    return f"cus_{provider_id}"


def on_file(provider, brand="Visa", last4="4242", **fields):
    """A method, after those that are there; added long before anything else."""
    terms = {"fingerprint": f"{brand} {last4}", "added_at": days_after_due(-60), **fields}
    return methods.on_file(provider, brand, last4, **terms)


def bank_on_file(provider):
    return on_file(provider, "First Bank", "6789", kind="bank_account")


def switch_on(provider, ceiling=None):
    return BillingAccount.objects.update_or_create(
        provider=provider, defaults={"autopay": True, "autopay_ceiling": ceiling, "psp_customer": customer_of(provider.pk)}
    )[0]


def charged(invoice, method, *, at=DUE, reason="autopay", by=None):
    return intend_charge(invoice=invoice, method=method, reason=reason, by=by, at=at)


def answer(charge, state="succeeded", *, at=DUE, code="", action_url=""):
    """What the payment provider says of it."""
    BillingAccount.objects.get_or_create(
        provider_id=charge.provider_id, defaults={"psp_customer": customer_of(charge.provider_id)}
    )
    Charge.objects.filter(pk=charge.pk, sent_at=None).update(state="unknown", sent_at=at)
    charge.refresh_from_db()
    told = Told("answer", at)
    if state == "failed":
        fail(charge, code, told, at=at, psp_id=f"pi_{charge.pk}")
    else:
        facts = {
            "amount": charge.amount,
            "currency": charge.currency,
            "customer": customer_of(charge.provider_id),
            "metadata": {},
            "created_at": at,
        }
        settle(charge, ChargeResult(id=f"pi_{charge.pk}", state=state, action_url=action_url, **facts), told, at=at)
    charge.refresh_from_db()
    return charge


def decline(charge, code="insufficient_funds", *, at=DUE):
    return answer(charge, "failed", at=at, code=code)


def mails():
    """What was written, as (subject, text)."""
    return [(mail.payload["subject"], mail.payload["text"]) for mail in OutboxMessage.objects.filter(kind="mail").order_by("pk")]


def subjects():
    return [subject for subject, _text in mails()]


def made():
    """Every charge, as (days after the due date, method, reason, state)."""
    rows = Charge.objects.order_by("intended_at", "attempt").select_related("method")
    return [((one.intended_at - DUE).days, one.method.brand, one.reason, one.state) for one in rows]
