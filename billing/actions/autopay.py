"""Autopay: switching it on and off, and each hour meaning to charge what the plans say for today (`billing.dunning`)."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Provider
from billing.actions.charges import intend_charge
from billing.actions.each_provider import each_in_the_morning
from billing.actions.payments import lock_account
from billing.models import BillingAccount, PaymentMethod
from billing.plans import plans_of
from msp_portal.lib.rules import RuleBroken


class NoMethodOnFile(RuleBroken):
    """There is nothing to charge."""

    message = _("Add a card or a bank account first: there is nothing that autopay could charge.")
    code = "no_payment_method"
    field = "autopay"


@transaction.atomic
def change_autopay(
    *, provider: Provider, by: Administrator, at: datetime, autopay: bool, autopay_ceiling: Decimal | None
) -> BillingAccount:
    """Switch autopay on or off, with the most that one charge may be; without a ceiling there is none.

    :raises NoMethodOnFile: if it is to be on and no method is on file.
    """
    lock_account(provider.pk)
    if autopay and not PaymentMethod.objects.on_file().filter(provider=provider).exists():
        raise NoMethodOnFile
    account, _made = BillingAccount.objects.get_or_create(provider=provider)
    wanted = {"autopay": autopay, "autopay_ceiling": autopay_ceiling}
    changes = {name: [getattr(account, name), value] for name, value in wanted.items() if getattr(account, name) != value}
    for name, (_before, after) in changes.items():
        setattr(account, name, after)
    if changes:
        account.save(update_fields=list(changes))
        audit.record(by, "billing.autopay.changed", provider, provider_id=provider.pk, at=at, changes=changes)
    return account


def charge_what_is_due(*, at: datetime) -> int:
    """Mean to charge what is due by the plans; how many charges that are. Late, doubled or missed runs do no harm.

    :raises ExceptionGroup: after all others were served, with what went wrong with some providers.
    """
    return each_in_the_morning(
        lambda: Provider.objects.filter(billing_account__autopay=True), _charge, reason="what autopay charges today", at=at
    )


def _charge(provider: Provider, day: date, *, at: datetime) -> int:
    """Under the provider's lock, so what the plans were made from still holds."""
    due = list(provider.invoices.all().as_of(day).unpaid().filter(due_on__lte=day).order_by("due_on", "number"))
    methods = {method.pk: method for method in provider.paymentmethods.all().on_file()}
    plans, meant = plans_of(provider, due, day), 0
    for invoice in due:
        if step := plans[invoice.pk].due(day):
            intend_charge(invoice=invoice, method=methods[step.method.id], reason=step.reason, by=None, at=at)
            meant += 1
    return meant
