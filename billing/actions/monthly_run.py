"""The monthly run: on the 1st in each provider's zone it issues what is due, and catches up what was missed (docs/decisions/0015).

A turn (one provider, one 1st) is a transaction of its own that ends with its `BilledMonth`. So a run that is killed, doubled or two months late
issues the same invoices once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import structlog
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from billing import invoice_emails
from billing.actions.invoices import issue
from billing.drafts import terms_of
from billing.models import BilledMonth, Invoice
from billing.queries import has_rolled
from billing.turns import drafts_due, providers_to_bill, turns_to_bill, versions_of
from msp_portal.lib import tenancy
from usage.actions.licence_totals import roll_months

log = structlog.get_logger(__name__)

PASSES_OVER_LOCKED_PROVIDERS: Final = 3


class Left(models.TextChoices):
    """Why a turn is left for the next run."""

    BUSY = "busy", _("someone is just writing to it")
    NOT_CLOSED = "not closed", _("the month before is not closed, as an import is still running")


@dataclass(frozen=True)
class Turn:
    """What became of one provider's 1st: what was issued, or why it is left."""

    provider: Provider
    month: date
    invoices: list[Invoice] = field(default_factory=list)
    left: Left | None = None


def run_billing(*, at: datetime, until: date | None = None, provider_id: str | None = None) -> list[Turn]:
    """Bill every turn up to the 1st of `until` that is due and missing, of one provider or of all, the oldest first; what became of each.

    :raises ExceptionGroup: after all others were billed, with what went wrong with some.
    """
    roll_months(at=at)
    with tenancy.system("providers to bill"):
        chosen = providers_to_bill(at)
        waiting = list(chosen.filter(pk=provider_id) if provider_id else chosen)
    turns: dict[tuple[str, date], Turn] = {}
    faults: list[Exception] = []
    for _pass in range(PASSES_OVER_LOCKED_PROVIDERS):
        for provider in waiting:
            try:
                turns.update({(provider.pk, turn.month): turn for turn in _bill(provider, until, at)})
            except Exception as fault:  # noqa: BLE001 - raised below: one that fails must not keep all others waiting
                fault.add_note(f"provider {provider.pk}")
                faults.append(fault)
        waiting = [turn.provider for turn in turns.values() if turn.left is Left.BUSY]
    if faults:
        raise ExceptionGroup("providers that could not be billed", faults)
    return list(turns.values())


@transaction.atomic
def bill_month(*, provider: Provider, month: date, at: datetime, tells: bool = True) -> Turn:
    """Issue what is due on the 1st of `month` and write to those who get invoices (unless it `tells` nobody); nothing if that was done before.

    The provider is locked against everything that refers to it: who bills it at the same time, and who makes an organization in it that nobody
    sees yet, whose mark would be missed. Whoever holds it is not waited for.
    """
    if not Provider.objects.select_for_update(skip_locked=True).filter(pk=provider.pk):
        return Turn(provider, month, left=Left.BUSY)
    if provider.billedmonths.filter(month=month).exists():
        return Turn(provider, month)
    if not has_rolled(provider.pk, month):
        return Turn(provider, month, left=Left.NOT_CLOSED)
    invoices = [issue(draft, by=None, at=at) for draft in drafts_due(provider, month)]
    if terms_of(versions_of(provider), month):
        BilledMonth.objects.create(provider=provider, month=month, invoices=len(invoices), billed_at=at)
    for invoice in invoices if tells else []:
        invoice_emails.invoice_issued(invoice)
    return Turn(provider, month, invoices)


def _bill(provider: Provider, until: date | None, at: datetime) -> Iterator[Turn]:
    """The provider's turns, up to the first that is left. What is done stays, whenever the worker is stopped."""
    for month in turns_to_bill(provider, at):
        if until and month > until:
            return
        with tenancy.system("monthly run"):
            turn = bill_month(provider=provider, month=month, at=at)
        log.info("billing.turn", provider=provider.pk, month=str(month), invoices=len(turn.invoices), left=turn.left)
        yield turn
        if turn.left:
            return
