"""The forecast of a month's licences: a range out of the past, the day on which the commitment is passed, and what all of it costs."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor
from operator import attrgetter

import pytest
from django.db import DatabaseError

from accounts.models import Organization
from tests.usage.history import change, clock, new_organization, new_provider, run_hourly_job, totals, utc
from usage.actions import rises as rises_module
from usage.actions.licence_totals import recompute
from usage.actions.rises import work_out_rises
from usage.models import BillingMonth, Licensing, SeatEvent
from usage.queries.forecast import outlook_of
from usage.queries.licences import licences_of
from usage.queries.marks import present_month

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def rises(provider):
    newest = totals(provider)[-1]
    return newest.rise_low, newest.rise_middle, newest.rise_high


def outlook(provider, at):
    run_hourly_job(at)
    return outlook_of(licences_of(provider), present_month(provider, at))


def by_hand(provider, at, remaining):
    """The same rises without any SQL: each organization's count replayed in each window."""
    events = list(SeatEvent.objects.filter(provider=provider, kind="user").order_by("at", "pk"))
    known = min(90, floor((at - events[0].at) / DAY) - 1)
    span = min(remaining, known // 2)
    found = []
    for start in range(span, known + 1):
        begins, ends, rise = at - start * DAY, at - (start - span) * DAY, 0
        for organization in {event.organization_id for event in events}:
            own = [event for event in events if event.organization_id == organization]
            base = max([0, *(event.count_after for event in own if event.at < begins)][-1:])
            rise += max([base, *(event.count_after for event in own if begins <= event.at < ends)]) - base
        found.append(rise)
    found.sort()
    low, middle, high = (found[max(0, ceil(share * len(found)) - 1)] * remaining / span for share in (0.1, 0.5, 0.9))
    return floor(low), round(middle), ceil(high)


@pytest.fixture
def northwind():
    return new_provider(committed=100)


@pytest.fixture
def flat(northwind):
    """Fifty users since January, and nothing since."""
    new_organization(northwind, at=utc(2026, 1, 5), users=50)
    return northwind


def growing(provider, a_day=2, *, users=50, days=120, since=None):
    since = since or utc(2026, 1, 5)
    client = new_organization(provider, at=since, users=users)
    for number in range(1, days):
        change(client, a_day, since + number * DAY + timedelta(hours=9))
    return client


class TestTheRange:
    def test_of_a_flat_history_is_the_present_mark(self, flat):
        found = outlook(flat, utc(2026, 4, 10, 10))
        assert (found.marks, found.forecast.low, found.forecast.high) == (50, 50, 50)
        assert (found.forecast.passes_on, found.forecast.not_before) == (None, None)

    def test_of_steady_growth_is_that_growth_from_the_first_day_on(self, northwind):
        growing(northwind, 2, days=86)  # up to the 31st of March
        found = outlook(northwind, utc(2026, 4, 1, 0, 0, 3))
        assert rises(northwind) == (60, 60, 60)  # thirty days, two a day
        assert (found.marks, found.forecast.low, found.forecast.high) == (220, 280, 280)

    def test_never_falls_below_the_present_mark(self, northwind):
        growing(northwind, -1, users=200, days=86)
        found = outlook(northwind, utc(2026, 4, 1, 10))
        assert (found.marks, found.forecast.low, found.forecast.high) == (115, 115, 115)

    def test_knows_that_marks_rise_when_people_come_and_go_though_no_more_are_there(self, northwind):
        one, other = (new_organization(northwind, at=utc(2026, 1, 5), users=50) for _ in range(2))
        for number in range(0, 86, 2):
            day = utc(2026, 1, 7) + number * DAY
            change(one, 3, day), change(other, -3, day)
            change(one, -3, day + DAY), change(other, 3, day + DAY)
        found = outlook(northwind, utc(2026, 4, 3, 10))
        assert (found.marks, found.forecast.low >= 103, found.forecast.high <= 106) == (103, True, True)
        assert rises(northwind) == (3, 3, 3)

    def test_on_the_last_day_is_what_single_days_brought(self, northwind):
        growing(northwind, 2, days=86)
        found = outlook(northwind, utc(2026, 3, 31, 23, 30))
        assert (found.marks, found.forecast.low, found.forecast.high) == (220, 222, 222)

    @pytest.mark.parametrize(("days", "is_told"), [(7, False), (8, True)])
    def test_needs_a_week_of_history_after_the_day_on_which_the_provider_came(self, northwind, days, is_told):
        growing(northwind, 1, days=8, since=utc(2026, 4, 2))
        found = outlook(northwind, utc(2026, 4, 2) + days * DAY)
        assert (found.forecast is not None, found.marks > 50) == (is_told, True)

    def test_is_wide_and_stretched_with_little_history(self, northwind):
        client = new_organization(northwind, at=utc(2026, 4, 2), users=50)
        change(client, 6, utc(2026, 4, 6, 9))
        found = outlook(northwind, utc(2026, 4, 11))  # 20 days left, windows of four
        assert rises(northwind) == (0, 30, 30)
        assert (found.forecast.low, found.forecast.high) == (56, 86)

    def test_is_computed_once_a_day_of_the_provider_and_kept(self, northwind):
        client = growing(northwind, 2, days=90)
        run_hourly_job(utc(2026, 4, 6, 0, 1))
        before = rises(northwind)
        change(client, 40, utc(2026, 4, 6, 5))
        run_hourly_job(utc(2026, 4, 6, 23))
        assert rises(northwind) == before
        run_hourly_job(utc(2026, 4, 7, 0, 1))
        assert rises(northwind) != before
        assert {total.rise_low for total in totals(northwind) if total.sum_of_marks is None} == {None}

    def test_is_what_a_replay_by_hand_finds(self, northwind):
        """Without the order of chance: the same history each time, of three organizations with jumps up and down."""
        clients = [new_organization(northwind, at=utc(2026, 2, 1, 5 * number), users=20) for number in range(3)]
        for number in range(75):
            delta = (number * 7919 % 11) - 4
            if delta:
                change(clients[number % 3], delta, utc(2026, 2, 3) + number * timedelta(hours=19, minutes=7))
        assert Organization.objects.count() == 3
        for at, remaining in ((utc(2026, 4, 5, 10), 26), (utc(2026, 4, 20, 7), 11), (utc(2026, 4, 30, 23), 1)):
            run_hourly_job(at)
            assert rises(northwind) == by_hand(northwind, at, remaining), at


class TestTheWorkingOut:
    @pytest.fixture
    def three(self):
        """Growing at the same pace; counted on the 5th of April, and again on the 6th without what comes after the totals."""
        found = [new_provider(name) for name in ("One", "Other", "Third")]
        for provider in found:
            growing(provider, 2, days=91)  # one step more on the 5th
        run_hourly_job(utc(2026, 4, 5, 1))
        with clock(utc(2026, 4, 6, 1)):
            recompute(at=utc(2026, 4, 6, 1))
        return sorted(found, key=attrgetter("pk"))

    def days(self, providers):
        return [totals(provider)[-1].rises_at.day for provider in providers]

    def test_comes_after_the_total_which_carries_the_former_rises(self, three):
        before = {rises(provider) for provider in three}
        assert (before, self.days(three)) == ({(52, 52, 52)}, [5, 5, 5])  # 26 days were left, and are 25 now
        assert work_out_rises(at=utc(2026, 4, 6, 1, 5)) == 3
        assert ({rises(provider) for provider in three}, self.days(three)) == ({(50, 50, 50)}, [6, 6, 6])
        assert work_out_rises(at=utc(2026, 4, 6, 1, 50)) == 0

    def test_waits_for_the_total_of_the_hour(self, three):
        assert work_out_rises(at=utc(2026, 4, 6, 2, 5)) == 0

    def test_goes_on_past_what_fails(self, three, monkeypatch):
        """A transaction for each of so many providers: one that fails keeps no other waiting, and the totals have long been there."""
        some = rises_module._work_out

        def failing(providers, at):
            if three[1].pk in providers:
                raise DatabaseError
            return some(providers, at)

        monkeypatch.setattr(rises_module, "RISES_AT_ONCE", 1)
        monkeypatch.setattr(rises_module, "_work_out", failing)
        with pytest.raises(ExceptionGroup):
            work_out_rises(at=utc(2026, 4, 6, 1, 5))
        assert self.days(three) == [6, 5, 6]
        assert {totals(provider)[-1].slot for provider in three} == {utc(2026, 4, 6, 1)}
        monkeypatch.setattr(rises_module, "_work_out", some)
        assert work_out_rises(at=utc(2026, 4, 6, 1, 8)) == 1
        assert self.days(three) == [6, 6, 6]

    def test_is_done_once_a_day_where_there_is_too_little_history(self, northwind):
        new_organization(northwind, at=utc(2026, 4, 5), users=5)
        run_hourly_job(utc(2026, 4, 6, 1))
        assert (rises(northwind), self.days([northwind])) == ((None, None, None), [6])
        assert work_out_rises(at=utc(2026, 4, 6, 1, 50)) == 0


class TestTheDay:
    @pytest.fixture
    def licences(self, flat):
        """Half of an April of 720 hours is over in UTC; 80 of 100 are reached."""
        run_hourly_job(utc(2026, 4, 16))
        return replace(licences_of(flat), sum_of_marks=80, consumed=80, rise_low=10, rise_middle=30, rise_high=60)

    def told(self, licences, **fields):
        month = BillingMonth(month=date(2026, 4, 1), time_zone="UTC", starts_at=utc(2026, 4, 1), ends_at=utc(2026, 5, 1))
        found = outlook_of(replace(licences, **fields), month).forecast
        return found.passes_on, found.not_before

    def test_on_which_the_middle_pace_fills_the_room(self, licences):
        assert self.told(licences) == (date(2026, 4, 26), None)  # two thirds of fifteen days

    def test_is_not_before_the_next_month_where_it_does_not(self, licences):
        assert self.told(licences, rise_middle=20) == (None, date(2026, 5, 1))

    @pytest.mark.parametrize("fields", [{"rise_middle": 0}, {"sum_of_marks": 101}, {"committed": None}])
    def test_is_none_without_pace_past_the_commitment_and_without_one(self, licences, fields):
        assert self.told(licences, **fields) == (None, None)

    def test_is_of_the_provider_s_zone(self, flat):
        Licensing.objects.filter(provider=flat).update(committed=51)
        run_hourly_job(utc(2026, 4, 16))
        licences = replace(licences_of(flat), rise_low=0, rise_middle=30, rise_high=60)
        for zone, day in (("UTC", 16), ("Pacific/Auckland", 17)):
            month = BillingMonth(month=date(2026, 4, 1), time_zone=zone, starts_at=utc(2026, 4, 1), ends_at=utc(2026, 5, 1))
            assert outlook_of(licences, month).forecast.passes_on == date(2026, 4, day)


class TestTheMoney:
    def test_is_the_overage_beyond_a_commitment_at_its_price(self, northwind):
        growing(northwind, 2, days=86)
        found = outlook(northwind, utc(2026, 4, 1, 0, 0, 3))
        assert (found.over_by, found.amount, found.currency) == (120, Decimal("840.00"), "USD")
        assert (found.forecast.low_amount, found.forecast.high_amount) == (Decimal("1260.00"), Decimal("1260.00"))

    def test_is_nothing_within_the_commitment(self, flat):
        found = outlook(flat, utc(2026, 4, 10, 10))
        assert (found.over_by, found.amount, found.forecast.high_amount) == (0, 0, 0)

    def test_is_the_whole_bill_without_a_commitment(self, flat):
        Licensing.objects.filter(provider=flat).update(committed=None)
        found = outlook(flat, utc(2026, 4, 10, 10))
        assert (found.committed, found.amount, found.forecast.low_amount) == (None, 250, 250)

    @pytest.mark.parametrize(("billed_from", "amount"), [(date(2026, 4, 1), 0), (date(2026, 5, 1), None)])
    def test_is_not_told_where_other_terms_bill_the_month(self, flat, billed_from, amount):
        Licensing.objects.filter(provider=flat).update(billed_from=billed_from)
        found = outlook(flat, utc(2026, 4, 10, 10))
        assert (found.amount, found.forecast.low_amount, found.marks) == (amount, amount, 50)

    def test_is_not_told_from_a_total_of_the_month_before(self, flat):
        run_hourly_job(utc(2026, 4, 30, 23))
        assert outlook_of(licences_of(flat), present_month(flat, utc(2026, 4, 30, 23, 30))) is not None
        assert outlook_of(licences_of(flat), present_month(flat, utc(2026, 5, 1))) is None
