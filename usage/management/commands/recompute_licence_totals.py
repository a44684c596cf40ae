"""The hourly job by hand."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from usage.actions.licence_totals import recompute


class Command(BaseCommand):
    help = "Roll the months that turned, fill the missing hourly licence totals, recount users and devices. Harmless at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        result = recompute(at=datetime.now(UTC))
        self.stdout.write(f"{result['slots']} slots written, {result['months_left']} months still to roll.")
        if result["differences"]:
            raise CommandError(
                f"{result['differences']} organizations whose counters differ from their rows: see count differences."
            )
