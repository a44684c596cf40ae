"""The monthly run by hand. Safe at any time and twice: what is issued is not issued again."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Provider
from billing.actions.monthly_run import Turn, run_billing
from billing.turns import drafts_due, providers_to_bill, turns_to_bill
from msp_portal.lib import tenancy
from msp_portal.lib.money import plain
from usage.actions.licence_totals import roll_months


class Command(BaseCommand):
    help = "Issue every invoice that is due and missing, and say what was made and what is left."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=month, metavar="YYYY-MM", help="nothing that is due after the 1st of this month")
        parser.add_argument("--provider", metavar="ID", help="this provider only")
        parser.add_argument("--dry-run", action="store_true", help="close the months and say what would be issued; issue nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = datetime.now(UTC)
        until, provider_id = options["month"], options["provider"]
        lines = (
            _would_bill(at, until, provider_id)
            if options["dry_run"]
            else _billed(run_billing(at=at, until=until, provider_id=provider_id))
        )
        for line in list(lines) or ["Nothing is due."]:
            self.stdout.write(line)


def month(text: str) -> date:
    """The first day of `2026-03`."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as fault:
        raise ArgumentTypeError(f"{text} is no month such as 2026-03") from fault


def _billed(turns: Iterable[Turn]) -> Iterable[str]:
    for turn in turns:
        begin = f"{turn.month:%Y-%m}  {turn.provider}"
        if turn.left:
            yield f"{begin}: left for the next run: {turn.left.label}"
        elif not turn.invoices:
            yield f"{begin}: nothing to charge"
        for invoice in turn.invoices:
            yield f"{begin}: {invoice.number} {invoice.kind} {plain(invoice.total_amount, invoice.currency)} {invoice.currency}"


def _would_bill(at: datetime, until: date | None, provider_id: str | None) -> Iterable[str]:
    roll_months(at=at)  # or the marks of the month that ended would be missing
    with tenancy.system("dry run of the monthly run"):
        chosen = providers_to_bill(at)
        for provider in chosen.filter(pk=provider_id) if provider_id else chosen:
            yield from _would_bill_one(provider, at, until)


def _would_bill_one(provider: Provider, at: datetime, until: date | None) -> Iterable[str]:
    for turn in turns_to_bill(provider, at):
        for draft in drafts_due(provider, turn) if until is None or turn <= until else []:
            net = plain(draft.net_amount, draft.contract.currency)
            words = f"{draft.kind} {draft.month:%Y-%m}, {net} {draft.contract.currency} net of tax, lines: {len(draft.lines)}"
            yield f"{turn:%Y-%m}  {provider}: would issue {words}"
