"""What a plan says in sentences: the same on pages and in mails."""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.dunning import Day, Plan, Step, Stop
from billing.models import Charge
from msp_portal.lib.templatetags.portal import money

WAITS = {Stop.UNDER_WAY, Stop.CONFIRMATION}
"""The end is open: what comes next depends on the bank, or on the person who confirms."""


def sentences_of(plan: Plan, currency: str) -> list[str]:
    """What is charged and when, a sentence a day; or the one sentence that says why nothing is."""
    if plan.stop:
        return [stop_sentence(plan)]
    return [day_sentence(day, currency) for day in plan.days]


def day_sentence(day: Day, currency: str) -> str:
    """`On 5 December 2026 Visa •••• 4242 is charged 37.50 USD; if it is declined, First Bank •••• 6789.`"""
    facts = {"day": _on(day.day), "method": day.first.method.name, "amount": money(day.first.amount, currency)}
    backups = named(day.others)
    if day.first.reason == Charge.Reason.RETRY:
        again = _("On %(day)s, if it is still owed, %(method)s is charged %(amount)s; if it is declined, %(backups)s.")
        alone = _("On %(day)s, if it is still owed, %(method)s is charged %(amount)s.")
    else:
        again = _("On %(day)s %(method)s is charged %(amount)s; if it is declined, %(backups)s.")
        alone = _("On %(day)s %(method)s is charged %(amount)s.")
    return (again if backups else alone) % {**facts, "backups": backups}


def next_sentence(step_day: Day, number: str, currency: str) -> str:
    """The same for one of several invoices, which it names."""
    facts = {
        "day": _on(step_day.day),
        "method": step_day.first.method.name,
        "amount": money(step_day.first.amount, currency),
        "number": number,
    }
    backups = named(step_day.others)
    with_backups = _("Next: on %(day)s %(method)s is charged %(amount)s for invoice %(number)s; if it is declined, %(backups)s.")
    alone = _("Next: on %(day)s %(method)s is charged %(amount)s for invoice %(number)s.")
    return (with_backups if backups else alone) % {**facts, "backups": backups}


def stop_sentence(plan: Plan) -> str:
    """Why nothing is charged by itself, and by when the bank should have settled what is under way."""
    if plan.stop is None:
        return ""
    if plan.until:
        return _("A charge is under way with the bank until about %(day)s.") % {"day": _on(plan.until)}
    return str(plan.stop.label)


def needs_a_person(plan: Plan) -> bool:
    """Whether nothing comes by itself any more though something is owed."""
    return plan.stop is not None and plan.stop not in WAITS and plan.stop != Stop.PAID


def named(steps: Iterable[Step]) -> str:
    """`First Bank •••• 6789, then Visa •••• 1111`."""
    return _(", then ").join(step.method.name for step in steps)


def _on(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
