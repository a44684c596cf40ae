"""What happens next with all that is open, in one sentence."""

from collections.abc import Mapping
from datetime import date

from accounts.models import Provider
from billing.dunning import Plan, Stop
from billing.models import Invoice
from billing.plan_words import WAITS, needs_a_person, next_sentence, stop_sentence
from billing.plans import plans_of
from billing.queries import OpenAccount


def outlook_of(provider: Provider, account: OpenAccount, day: date) -> str:
    """What is charged next by itself, or is under way; empty where a person has to act first, or nothing is open."""
    invoices = [*account.past_due, *account.coming_due]
    plans = plans_of(provider, invoices, day)
    if any(needs_a_person(plans[invoice.pk]) for invoice in account.past_due):
        return ""
    return _first_charge(invoices, plans) or _under_way(invoices, plans)


def _first_charge(invoices: list[Invoice], plans: Mapping[str, Plan]) -> str:
    coming = [(plans[invoice.pk].days[0], invoice) for invoice in invoices if plans[invoice.pk].next]
    if not coming:
        return ""
    day, invoice = min(coming, key=lambda pair: pair[0].day)  # the oldest debt of those of one day
    return next_sentence(day, invoice.number, invoice.currency)


def _under_way(invoices: list[Invoice], plans: Mapping[str, Plan]) -> str:
    """What the bank, or first of all a person, has to do now."""
    waiting = [plans[one.pk] for one in invoices if plans[one.pk].stop in WAITS]
    first = min(waiting, key=lambda plan: plan.stop != Stop.CONFIRMATION, default=None)
    return stop_sentence(first) if first else ""
