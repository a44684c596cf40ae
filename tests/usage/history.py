"""History made through the real gate: organizations whose users come and go at the instants that a test names."""

from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count

from django.db import connection

from accounts.models import Organization, Provider
from usage.actions.licence_totals import recompute
from usage.actions.rises import work_out_rises
from usage.models import ClosedMonth, Device, LicenseTotal, Licensing, Seats, User

numbers = count(1)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@contextmanager
def clock(at):
    """The gate's clock stands at `at`."""
    set_clock(at.isoformat())
    yield
    set_clock("")


def set_clock(text):
    with connection.cursor() as cursor:
        cursor.execute("select set_config('portal.clock', %s, true)", [text])


def new_provider(name="Northwind MSP", zone="UTC", committed=None, **fields):
    provider = Provider.objects.create(name=name, time_zone=zone, **fields)
    Licensing.objects.create(
        provider=provider,
        package_name="Platform Plus",
        includes=["Directory"],
        committed=committed,
        unit_price=5,
        overage_price=7,
        currency="USD",
    )
    return provider


def new_organization(provider, name=None, *, at=None, users=0, user_cap=None):
    """An organization made at `at` (now without) that has `users` from its first instant on."""
    name = name or f"Client {next(numbers):05}"
    if at is None:
        organization = Organization.objects.create(provider=provider, name=name)
        add(organization, users)
    else:
        with clock(at):
            organization = Organization.objects.create(provider=provider, name=name, created_at=at)
            add(organization, users)
    if user_cap:
        Seats.objects.filter(pk=organization.pk).update(user_cap=user_cap)
    return organization


def add(organization, number):
    names = [f"user{next(numbers)}" for _ in range(number)]
    User.objects.bulk_create(
        User(provider_id=organization.provider_id, organization=organization, user_name=n, email=f"{n}@x.example") for n in names
    )


def add_devices(organization, number):
    Device.objects.bulk_create(
        Device(provider_id=organization.provider_id, organization=organization, name=f"pc{next(numbers)}") for _ in range(number)
    )


def remove(organization, number):
    leaving = User.objects.filter(organization=organization).order_by("-pk").values_list("pk", flat=True)[:number]
    User.objects.filter(pk__in=list(leaving)).delete()


def change(organization, delta, at):
    """`delta` users come, or go, in one statement at `at`."""
    with clock(at):
        if delta > 0:
            add(organization, delta)
        else:
            remove(organization, -delta)


def run_hourly_job(at):
    """What it found; what follows on it is done, too."""
    with clock(at):
        found = recompute(at=at)
        work_out_rises(at=at)
    return found


def seats(organization, at):
    return Seats.objects.as_of(at).get(pk=organization.pk)


def mark_of(organization, year, month):
    return ClosedMonth.objects.get(organization=organization, month=date(year, month, 1)).users_mark


def totals(provider):
    return list(LicenseTotal.objects.filter(provider=provider).order_by("slot"))


def recount_now():
    """The hourly job at this very moment."""
    return recompute(at=datetime.now(UTC))
