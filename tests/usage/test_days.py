"""The daily course of a month: against a count minute by minute, on the pages, and as a file."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings

from accounts.models import Provider
from msp_portal.lib.periods import month_of, written_month
from tests.cast import sign_in
from tests.usage.history import add, change, clock, new_organization, new_provider, remove, seats, utc
from tests.usage.test_marks_by_the_minute import KINDS, MINUTE, SPANS, histories, play
from usage.actions.licence_totals import roll_months
from usage.models import BillingMonth
from usage.queries.days import days_of
from usage.queries.marks import marks_of, present_month

pytestmark = pytest.mark.django_db


def days_and_marks(client, at, *, devices=False):
    """Of each month, newest first: its marks and its days."""
    every = marks_of(seats(client, at), present_month(Provider.objects.get(pk=client.provider_id), at), at)
    return [(marks, days_of(client.pk, marks, at, devices=devices)) for marks in every]


def counted(zone, span, history):
    """Each day's highest and last count, minute after minute by the clock on the wall there."""
    starts, ends = SPANS[span]
    after, count, found = dict(history), 0, {}
    minutes = (
        (number, (starts + MINUTE * number).astimezone(ZoneInfo(zone)).date()) for number in range((ends - starts) // MINUTE)
    )
    for day, of_day in groupby(minutes, key=lambda minute: minute[1]):
        highest = count
        for number, _day in of_day:
            count = after.get(number, count)
            highest = max(highest, count)
        found[day] = (highest, count)
    return found


class TestEveryDay:
    def test_is_that_of_a_count_by_the_minute_and_the_highest_is_the_mark(self, full):
        examples = []

        @settings(max_examples=200 if full else 8)
        @given(histories())
        def holds(history):
            zone, span, events = history
            client, played = play(zone, span, events)
            at = SPANS[span][1] - MINUTE
            with clock(at):
                roll_months(at=at)
            for kind in KINDS:
                told = days_and_marks(client, at, devices=kind == "device")
                for marks, days in told:
                    assert max(day.highest for day in days) == (marks.devices_mark if kind == "device" else marks.users_mark)
                expected = counted(zone, span, played[kind])
                shown = {day.day: (day.highest, day.last) for _marks, days in told for day in days}
                assert {day: figures for day, figures in shown.items() if day in expected} == expected
                assert {figures for day, figures in shown.items() if day not in expected} <= {(0, 0)}  # before it came
            examples.append(zone)

        holds()
        assert len(examples) >= 8

    def test_of_the_wall_in_denver_is_not_that_of_utc(self):
        client = new_organization(new_provider(zone="America/Denver"), at=utc(2026, 3, 1, 12), users=5)
        change(client, +4, utc(2026, 3, 9, 5))  # 23:00 on the 8th there, one day after the clocks changed
        change(client, -4, utc(2026, 3, 9, 6, 30))
        ((_marks, days),) = days_and_marks(client, utc(2026, 3, 9, 18))
        assert [(day.day.day, day.highest, day.last) for day in days[-3:]] == [(7, 5, 5), (8, 9, 9), (9, 9, 5)]

    @pytest.mark.parametrize(
        ("former", "later", "first"),
        [("Pacific/Auckland", "Pacific/Honolulu", date(2026, 4, 1)), ("Pacific/Honolulu", "Pacific/Auckland", date(2026, 4, 1))],
    )
    def test_belongs_to_its_month_although_the_zone_has_changed(self, former, later, first):
        provider = new_provider(zone=former)
        client = new_organization(provider, at=utc(2026, 3, 5), users=5)
        with clock(utc(2026, 3, 20)):
            Provider.objects.filter(pk=provider.pk).update(time_zone=later)
        change(client, 3, utc(2026, 4, 1, 10, 30))
        change(client, -2, utc(2026, 4, 1, 22))
        with clock(utc(2026, 5, 3)):
            roll_months(at=utc(2026, 5, 3))
        told = days_and_marks(client, utc(2026, 5, 3))
        assert [marks.calendar.month.month for marks, _days in told] == [5, 4, 3]
        for marks, days in told:
            assert {month_of(day.day) for day in days} == {marks.calendar.month}
            assert max(day.highest for day in days) == marks.users_mark
        assert told[1][1][0].day == first
        assert BillingMonth.objects.filter(provider=provider).count() == 3


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def harbor(northwind):
    """Nine users since 70 days; twelve were there for a moment today."""
    organization = new_organization(northwind.provider, "Harbor Foods", at=timezone.now() - timedelta(days=70), users=9)
    roll_months(at=timezone.now())
    add(organization, 3)
    remove(organization, 3)
    return organization


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


class TestThePages:
    @pytest.mark.parametrize("name", ["organization", "cap"])
    def test_show_the_present_month_and_each_other_by_its_address(self, owner, harbor, name):
        address, month = reverse(name, args=[harbor.pk]), seats(harbor, timezone.now()).month
        present, before = owner.get(address), owner.get(address, {"month": written_month(earlier(month))})
        days = present.context["course"]["days"]
        assert (days[-1]["day"], days[-1]["value"], days[-1]["note"]) == (timezone.now().date(), 12, 9)
        assert len(before.context["course"]["days"]) == (month - earlier(month)).days
        assert {(day["value"], day["note"]) for day in before.context["course"]["days"]} == {(9, 9)}
        assert "At its end" in words_of(before)
        for each in (month, earlier(month)):
            assert f'href="{address}?month={written_month(each)}#days"' in present.content.decode()

    @pytest.mark.parametrize("asked", ["", "2026", "1999-01", "9999-12", "0000-00", "2026-13", "x" * 200])
    def test_fall_back_to_the_present_month(self, owner, harbor, asked):
        found = owner.get(reverse("organization", args=[harbor.pk]), {"month": asked})
        assert found.context["course"]["calendar"].month == seats(harbor, timezone.now()).month

    def test_keep_the_dialog_open_for_another_month(self, owner, harbor):
        address = reverse("cap", args=[harbor.pk])
        found = owner.get(address, headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
        before = written_month(earlier(seats(harbor, timezone.now()).month))
        assert f'hx-get="{address}?month={before}" hx-target="#dialog"' in found


class TestTheFile:
    def test_has_every_day_of_users_and_devices(self, owner, harbor):
        month = seats(harbor, timezone.now()).month
        response = owner.get(reverse("days-csv", args=[harbor.pk, month]))
        rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
        assert [row["Day"] for row in rows] == [f"{month + timedelta(days=n)}" for n in range(len(rows))]
        assert [*rows[-1].values()][1:] == ["UTC", "12", "9", "0", "0"]

    def test_is_not_there_for_a_month_without_the_organization(self, owner, harbor):
        assert owner.get(reverse("days-csv", args=[harbor.pk, date(2020, 1, 1)])).status_code == 404


def earlier(month):
    return month_of(month - timedelta(days=1))
