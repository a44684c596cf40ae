"""Adds up everything in billing that must add up and names the first row that doesn't."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.models import Invoice, Posting
from billing.verification import CHECKS, first_fault
from msp_portal.lib import tenancy


class Command(BaseCommand):
    help = "Verify the invoices, payments, charges and the ledger of all providers."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line when all is well.

        :raises CommandError: naming the first row that is wrong.
        """
        with tenancy.system("verify billing"):
            if fault := first_fault():
                raise CommandError(f"{fault.row}: {fault.why}. ({fault.check})")
            counted = Invoice.objects.count(), Posting.objects.count()
        self.stdout.write("{} invoices and {} postings add up in {} ways.".format(*counted, len(CHECKS)))
