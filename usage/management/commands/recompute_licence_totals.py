"""The hourly job by hand."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from usage.actions.licence_totals import recompute
from usage.actions.rises import work_out_rises


class Command(BaseCommand):
    help = (
        "Roll the months that turned, fill the missing hourly licence totals, recount users and devices, and work out what forecasts are "
        "made of. Harmless at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        at = datetime.now(UTC)
        result = recompute(at=at)
        work_out_rises(at=at)
        self.stdout.write(f"{result['slots']} slots written, {result['months_left']} months still to roll.")
        if result["differences"]:
            raise CommandError(
                f"{result['differences']} organizations whose counters differ from their rows: see count differences."
            )
