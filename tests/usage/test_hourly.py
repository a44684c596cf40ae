"""The hourly job: every slot once, whatever happened to the runs; figures from the ledger; a recount that raises its voice."""

import pytest
from django.core.management import CommandError, call_command

from tests.usage.history import add_devices, change, clock, new_organization, new_provider, run_hourly_job, seats, totals, utc
from usage.models import CountDifference, LicenseTotal, Seats
from usage.tasks import recompute_licence_totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind():
    return new_provider(committed=100)


class TestEverySlotIsWrittenOnce:
    def test_for_all_providers_in_one_run(self, northwind):
        bluefin = new_provider("Bluefin IT")
        new_organization(northwind, at=utc(2026, 3, 1), users=30)
        new_organization(bluefin, at=utc(2026, 3, 1), users=4)

        assert run_hourly_job(utc(2026, 3, 2, 10, 0, 2))["slots"] == 2

        (northwinds,), (bluefins,) = totals(northwind), totals(bluefin)
        assert (northwinds.slot, northwinds.counted_at) == (utc(2026, 3, 2, 10), utc(2026, 3, 2, 10, 0, 2))
        assert (northwinds.consumed, northwinds.committed, northwinds.organizations) == (30, 100, 1)
        assert (bluefins.consumed, bluefins.committed) == (4, None)

    def test_though_it_runs_twice_in_the_hour(self, northwind):
        acme = new_organization(northwind, at=utc(2026, 3, 1), users=30)
        run_hourly_job(utc(2026, 3, 2, 10))
        change(acme, 5, utc(2026, 3, 2, 10, 15))
        assert run_hourly_job(utc(2026, 3, 2, 10, 30))["slots"] == 0
        assert [total.consumed for total in totals(northwind)] == [30]

    def test_though_runs_were_missed_with_the_count_of_each_hour(self, northwind):
        acme = new_organization(northwind, at=utc(2026, 3, 1), users=30)
        run_hourly_job(utc(2026, 3, 2, 10))
        change(acme, 5, utc(2026, 3, 2, 10, 15))
        change(acme, -2, utc(2026, 3, 2, 12))  # at the full hour: it counts in that hour's slot
        with clock(utc(2026, 3, 2, 12, 30)):
            add_devices(acme, 3)
        change(acme, 7, utc(2026, 3, 2, 13, 59, 59))
        change(acme, 1, utc(2026, 3, 2, 15, 5))

        assert run_hourly_job(utc(2026, 3, 2, 15, 7))["slots"] == 5

        hours = {total.slot.hour: (total.consumed, total.devices) for total in totals(northwind)}
        assert hours == {10: (30, 0), 11: (35, 0), 12: (33, 0), 13: (33, 3), 14: (40, 3), 15: (41, 3)}

    def test_and_a_missed_hour_knows_the_organizations_that_were_there(self, northwind):
        new_organization(northwind, at=utc(2026, 3, 1), users=1)
        run_hourly_job(utc(2026, 3, 2, 10))
        new_organization(northwind, at=utc(2026, 3, 2, 11, 30))
        closing = new_organization(northwind, at=utc(2026, 3, 2, 11, 40))
        closing.close(at=utc(2026, 3, 2, 12, 30))
        run_hourly_job(utc(2026, 3, 2, 13, 7))
        assert {total.slot.hour: total.organizations for total in totals(northwind)} == {10: 1, 11: 1, 12: 3, 13: 2}

    def test_beginning_with_the_present_hour_of_a_new_provider(self, northwind):
        run_hourly_job(utc(2026, 3, 2, 10))
        assert [(total.consumed, total.mark_of_the_sum) for total in totals(northwind)] == [(0, 0)]

    def test_by_the_worker_three_times_with_the_same_end(self, northwind):
        new_organization(northwind, users=3)
        ends = []
        for _ in range(3):
            recompute_licence_totals()
            ends.append(list(LicenseTotal.objects.values_list("slot", "consumed", "sum_of_marks")))
        assert ends[0] == ends[1] == ends[2]
        assert [consumed for _, consumed, _ in ends[0]] == [3]


class TestTheMarksOfTheMonth:
    def test_differ_when_people_move(self, northwind):
        one = new_organization(northwind, at=utc(2026, 2, 20), users=30)
        other = new_organization(northwind, at=utc(2026, 2, 20), users=20)
        change(one, -10, utc(2026, 3, 10))
        change(other, 10, utc(2026, 3, 10))
        run_hourly_job(utc(2026, 3, 20))
        (total,) = totals(northwind)
        assert (total.sum_of_marks, total.mark_of_the_sum) == (60, 50)
        assert total.mark_of_the_sum_at == utc(2026, 3, 1)

    def test_continue_from_the_hour_before_and_find_the_peak_between_two_hours(self, northwind):
        acme = new_organization(northwind, at=utc(2026, 2, 20), users=10)
        other = new_organization(northwind, at=utc(2026, 2, 20), users=10)
        marks = []
        for hour, delta in enumerate([3, -5, 9, -2, -4, 8, -8]):
            change(acme, delta, utc(2026, 3, 5, hour, 20))
            change(other, -1, utc(2026, 3, 5, hour, 30))
            run_hourly_job(utc(2026, 3, 5, hour, 59))
            marks.append((totals(northwind)[-1].mark_of_the_sum, totals(northwind)[-1].mark_of_the_sum_at.hour))
        # The sums after each event: 23 22 | 17 16 | 25 24 | 22 21 | 17 16 | 24 23 | 15 14
        assert marks == [(23, 0), (23, 0), (25, 2), (25, 2), (25, 2), (25, 2), (25, 2)]

    def test_begin_anew_with_what_the_turn_of_the_month_carried_in(self, northwind):
        acme = new_organization(northwind, at=utc(2026, 3, 5), users=40)
        change(acme, -15, utc(2026, 3, 20))
        run_hourly_job(utc(2026, 3, 31, 23))
        run_hourly_job(utc(2026, 4, 1, 0, 0, 1))
        march, april = totals(northwind)
        assert (march.sum_of_marks, march.mark_of_the_sum) == (40, 40)
        assert (april.sum_of_marks, april.mark_of_the_sum, april.mark_of_the_sum_at) == (25, 25, utc(2026, 4, 1))


class TestTheTurnOfTheMonth:
    def test_closes_every_month_that_passed_without_anyone_looking(self, northwind):
        acme = new_organization(northwind, at=utc(2026, 1, 10), users=7)
        assert run_hourly_job(utc(2026, 4, 2))["months_left"] == 0
        closed = acme.closedmonths.order_by("month").values_list("month", "users_mark")
        assert [(month.month, mark) for month, mark in closed] == [(1, 7), (2, 7), (3, 7)]
        assert seats(acme, utc(2026, 4, 2)).month.month == 4


class TestTheRecount:
    def test_finds_nothing_where_the_gate_counted(self, northwind):
        new_organization(northwind, users=12)
        recompute_licence_totals()
        assert not CountDifference.objects.exists()

    def test_raises_an_alarm_once_an_hour_and_mends_nothing(self, committed, caplog):
        acme = new_organization(new_provider(), users=12)
        with committed.connect("owner", autocommit=True) as owner:  # as nobody else can
            owner.execute("update usage_seats set users = 15 where organization_id = %s", [acme.pk])
        with pytest.raises(CommandError, match="1 organizations"):
            call_command("recompute_licence_totals")
        call_command("recompute_licence_totals")
        (found,) = CountDifference.objects.all()
        assert (found.organization_id, found.users_counter, found.users_counted) == (acme.pk, 15, 12)
        assert "usage.count_difference" in caplog.text
        assert Seats.objects.get(pk=acme.pk).users == 15
