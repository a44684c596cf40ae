"""Telling the recipients of an invoice what happened to its payment and what comes next, each thing once.

Call these in the transaction of what they tell of, under the account's lock.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Provider
from billing import payment_emails
from billing.actions.each_provider import each_in_the_morning
from billing.bounds import CHARGE_TOLD_AHEAD
from billing.dunning import Plan
from billing.models import Charge, ChargeState, Invoice, Notice, Payment
from billing.plan_words import needs_a_person
from billing.plans import plans_of


def charge_settled(*, charge: Charge, at: datetime) -> None:
    """Say that it was paid; or that the bank wants it confirmed; or why it failed and what comes next."""
    if not _is_first(charge.provider_id, f"charge {charge.pk} {charge.state}", at):
        return
    if charge.state == ChargeState.SUCCEEDED:
        payment_emails.charge_paid(charge)
    elif charge.state == ChargeState.REQUIRES_ACTION:
        payment_emails.charge_waits(charge)
    elif charge.state == ChargeState.FAILED:
        plan = _plan_of(charge.invoice, at)
        payment_emails.charge_failed(charge, plan)
        _also_tells_that_it_is_past_due(charge.invoice, plan, at)


def payment_taken_back(*, payment: Payment, at: datetime) -> None:
    """Say that money went back, and what comes next."""
    if _is_first(payment.provider_id, f"payment {payment.pk}", at):
        plan = _plan_of(payment.invoice, at)
        payment_emails.money_went_back(payment, plan)
        _also_tells_that_it_is_past_due(payment.invoice, plan, at)


def tell_what_is_due(*, at: datetime) -> int:
    """Write of charges that come within three days, and of what is past due with nothing to come; how many mails.

    :raises ExceptionGroup: after all others were served, with what went wrong with some providers.
    """
    ahead = at.date() + CHARGE_TOLD_AHEAD + timedelta(days=1)  # it may be tomorrow there
    owing = Invoice.objects.as_of(at.date()).unpaid().filter(due_on__lte=ahead)
    return each_in_the_morning(
        lambda: Provider.objects.filter(pk__in=owing.values("provider_id")), _tell, reason="what is due is told of", at=at
    )


def _tell(provider: Provider, day: date, *, at: datetime) -> int:
    near = list(
        provider.invoices.all().as_of(day).unpaid().filter(due_on__lte=day + CHARGE_TOLD_AHEAD).order_by("due_on", "number")
    )
    plans = plans_of(provider, near, day)
    return sum(_tell_of(invoice, plans[invoice.pk], day, at) for invoice in near)


def _tell_of(invoice: Invoice, plan: Plan, day: date, at: datetime) -> bool:
    """Whether there was something to tell."""
    if plan.next and plan.next.day == invoice.due_on > day:
        if first := _is_first(invoice.provider_id, f"coming {invoice.pk}", at):
            payment_emails.coming_charge(invoice, plan)
        return first
    if invoice.due_on < day and needs_a_person(plan):
        if first := _is_first(invoice.provider_id, _past_due(invoice), at):
            payment_emails.past_due(invoice, plan, invoice.owed_amount)  # type: ignore[attr-defined]  # by `as_of`
        return first
    return False


def _also_tells_that_it_is_past_due(invoice: Invoice, plan: Plan, at: datetime) -> None:
    """Such a mail says all that the one about a passed due date would."""
    if needs_a_person(plan):
        _is_first(invoice.provider_id, _past_due(invoice), at)


def _past_due(invoice: Invoice) -> str:
    return f"past_due {invoice.pk}"


def _is_first(provider_id: str, about: str, at: datetime) -> bool:
    """Whether nobody was told of this yet; from now on somebody was."""
    return Notice.objects.get_or_create(provider_id=provider_id, about=about, defaults={"at": at})[1]


def _plan_of(invoice: Invoice, at: datetime) -> Plan:
    """The plan as it stands after what just happened."""
    provider = invoice.provider
    day = at.astimezone(ZoneInfo(provider.time_zone)).date()
    found = provider.invoices.all().as_of(day).get(pk=invoice.pk)
    return plans_of(provider, [found], day)[invoice.pk]
