"""Reckons the audit log's chain again and names the first row that is not as it was."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.audit_chain import verify
from accounts.models import AuditChain
from msp_portal.lib import tenancy


class Command(BaseCommand):
    help = (
        "Verify the audit log. With --head EVENT:HEX, as the log wrote it, a chain that was rewritten as a whole is found, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", help="a head from the log (event audit.head)")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line when all is well.

        :raises CommandError: naming the first bad row.
        """
        with tenancy.system("verify the audit log"):
            found = verify()
            if found.bad is not None:
                raise CommandError(f"Event {found.bad} {found.why}. The {found.rows} chained before it are as they were.")
            if options["head"] and not self._agrees(options["head"]):
                raise CommandError(f"The chain is whole but not the one that had the head {options['head']}: it was rewritten.")
        self.stdout.write(f"{found.rows} events are as they were written. Head: {found.head.hex()}")

    def _agrees(self, head: str) -> bool:
        event, _, digest = head.partition(":")
        link = AuditChain.objects.filter(event_id=int(event)).first() if event.isdecimal() else None
        return link is not None and bytes(link.digest).hex() == digest
