"""From a form to an action: one way to carry an order out, so that every refusal is worded, rolled back and noted alike."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import OperationalError, transaction
from django.forms import BaseForm

from msp_portal.lib.rules import Busy, RuleBroken

BUSY_STATES = {"55P03", "40P01"}  # lock_not_available, deadlock_detected

_refusals: ContextVar[list[RuleBroken] | None] = ContextVar("refusals", default=None)


def carry_out(form: BaseForm, action: Callable[..., Any], **arguments: Any) -> bool:
    """Call `action` with the form's clean values and `arguments`; True when it was done.

    False when the form is not valid or a rule refused: then nothing is written and the form carries the words at the field they concern.
    """
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            form.result = action(**form.cleaned_data, **arguments)  # type: ignore[attr-defined]  # for doors that go to what was made
    except RuleBroken as rule:
        return _refused(form, rule)
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        return _refused(form, Busy())
    return True


def try_out(form: BaseForm, action: Callable[..., Any], **arguments: Any) -> bool:
    """As `carry_out`, but without a transaction around it: for acts that leave a trace when they refuse, such as a counted try."""
    if not form.is_valid():
        return False
    try:
        form.result = action(**form.cleaned_data, **arguments)  # type: ignore[attr-defined]
    except RuleBroken as rule:
        return _refused(form, rule)
    return True


def start_noting() -> list[RuleBroken]:
    """The list that refusals of this request are noted in; the door writes them to the audit log afterwards."""
    noted: list[RuleBroken] = []
    _refusals.set(noted)
    return noted


def _refused(form: BaseForm, rule: RuleBroken) -> bool:
    form.add_error(rule.field if rule.field in form.fields else None, str(rule))
    form.refusal = rule  # type: ignore[attr-defined]  # pages say more of some refusals, such as whom to ask
    noted = _refusals.get()
    if noted is not None:
        noted.append(rule)
    return False
