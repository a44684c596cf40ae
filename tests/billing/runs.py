"""The monthly run at instants that a test names."""

from datetime import date

from billing.actions.monthly_run import run_billing
from billing.models import Invoice
from tests.usage.history import change, clock, new_organization, new_provider, utc

JANUARY = utc(2026, 1, 1)
ON_TIME = utc(2026, 4, 1, 0, 20)
"""The 1st of April, a little after midnight."""


def msp(name="Cobalt Services", zone="UTC", came_at=JANUARY):
    return new_provider(name, zone, created_at=came_at)


def peaks(provider, *numbers, month=3):
    """One client a number, which had that many users for an hour of that month and one user ever after."""
    clients = []
    for number in numbers:
        client = new_organization(provider, at=utc(2026, month, 2, 9), users=number)
        if number > 1:
            change(client, 1 - number, utc(2026, month, 2, 10))
        clients.append(client)
    return clients


def run(at, **options):
    """The monthly run at `at`, by the gate's clock too."""
    with clock(at):
        return run_billing(at=at, **options)


def issued(provider=None):
    """What stands in the books: kind, month, total, the day of issue; the oldest number first."""
    rows = Invoice.objects.filter(provider=provider) if provider else Invoice.objects.all()
    return [(row.kind, row.month, row.total_amount, row.issued_on) for row in rows.order_by("number")]


def first(month, year=2026):
    return date(year, month, 1)
