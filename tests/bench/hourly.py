"""The hourly job over all providers, beside one full count of the users."""

from datetime import timedelta
from itertools import count

from django.db import connection
from django.utils import timezone

from tests.bench.stage import SIZES
from tests.bench.timing import beside, result
from usage.actions.licence_totals import fill_slots, recount

FULL_COUNT = "select organization_id, count(*) from usage_user group by organization_id"
hours = count(1)


def totals(stage, rounds):
    """Write the total of one new hour for every provider. Promised at the full size: at a tenth of it the commit alone costs as much."""
    timed = beside(full_count, lambda: fill_slots(at=next_hour()), rounds=rounds)
    goal = 0.1 if stage.size is SIZES["full"] else None
    return result("hourly licence totals", str(stage.size), "one full count of the users", timed, kind="times", goal=goal)


def self_check(stage, rounds):
    """Recount users and devices and compare with every counter."""
    timed = beside(full_count, lambda: recount(at=timezone.now()), rounds=rounds)
    return result("hourly self-check", str(stage.size), "one full count of the users", timed, kind="times", goal=1.5)


def full_count():
    with connection.cursor() as cursor:
        cursor.execute(FULL_COUNT)
        cursor.fetchall()


def next_hour():
    return timezone.now() + timedelta(hours=next(hours))
