"""Mails about payments. Nobody asked for them, so they are in the portal's own language."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import translation

from accounts.emails import portal_url
from billing.declines import words_of
from billing.dunning import Plan, Step
from billing.invoice_emails import recipients_of
from billing.models import Charge, Invoice, Payment
from billing.plan_words import named, needs_a_person, sentences_of
from msp_portal.lib import outbox


def charge_paid(charge: Charge) -> None:
    """Say that the money arrived."""
    _tell(charge.invoice, "charge_paid", {"charge": charge})


def charge_failed(charge: Charge, plan: Plan) -> None:
    """Say why nothing was charged, and what comes next, a backup by its name."""
    with translation.override(settings.LANGUAGE_CODE):
        coming = {"instead": _today(plan), "sentences": sentences_of(plan, charge.currency), "is_over": needs_a_person(plan)}
        said = {"charge": charge, "because": words_of(charge.decline_code)}
        _tell(charge.invoice, "charge_failed", {**said, **coming}, instead_of=charge.method_id)


def charge_waits(charge: Charge) -> None:
    """Say that the bank wants a person to confirm it."""
    _tell(charge.invoice, "charge_waits", {"charge": charge, "pay_url": portal_url("payment-progress", charge.pk)})


def money_went_back(payment: Payment, plan: Plan) -> None:
    """Say that a payment was refunded, or that the bank took it back, and what comes next."""
    with translation.override(settings.LANGUAGE_CODE):
        sentences = sentences_of(plan, payment.invoice.currency)
        is_return = payment.kind == Payment.Kind.RETURN
        context = {"amount": -payment.amount, "is_return": is_return, "sentences": sentences, "is_over": needs_a_person(plan)}
        _tell(payment.invoice, "money_went_back", {**context, "payment": payment})


def coming_charge(invoice: Invoice, plan: Plan) -> None:
    """Say what is charged on the due date."""
    first = plan.days[0]
    _tell(invoice, "coming_charge", {"step": first.first, "backups": named(first.others)})


def past_due(invoice: Invoice, plan: Plan, owed: Decimal) -> None:
    """Say that the due date has passed and nothing is charged by itself."""
    with translation.override(settings.LANGUAGE_CODE):
        _tell(invoice, "past_due", {"owed": owed, "sentences": sentences_of(plan, invoice.currency)})


def _today(plan: Plan) -> Step | None:
    """The backup that is charged instead, on the same day."""
    return plan.next if plan.next and plan.next.reason == Charge.Reason.BACKUP else None


def _tell(invoice: Invoice, template: str, context: dict[str, Any], **asks: str) -> None:
    """`asks` are for the page that the mail leads to, which offers to pay the invoice."""
    recipients = recipients_of(invoice.provider_id)
    pay_url = f"{portal_url('pay')}?{urlencode({'invoice': invoice.pk, **asks})}"
    addresses = {"url": portal_url("invoice", invoice.pk), "pay_url": pay_url}
    words = {"invoice": invoice, "company": invoice.billed_to.get("company", ""), **addresses, **context}
    if recipients:
        with translation.override(settings.LANGUAGE_CODE):
            outbox.mail(recipients, template, words, provider_id=invoice.provider_id)
