"""The licence history: charts, hourly totals and the file, month by month, and the outlook on the Usage tab."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from msp_portal.lib.periods import written_month
from tests.cast import sign_in
from tests.usage.history import add, change, new_organization, new_provider, recount_now, run_hourly_job, totals, utc
from usage.models import Licensing, Seats
from usage.queries.history import Consumed, by_day, by_month, months_known
from usage.queries.licences import Licences

pytestmark = pytest.mark.django_db


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


class TestTheCharts:
    def test_have_the_highest_total_of_each_day_and_month_in_the_zone_of_the_provider(self):
        """The clocks of Denver change on the 8th; its April begins at six in UTC."""
        denver = new_provider(zone="America/Denver", committed=10)
        client = new_organization(denver, at=utc(2026, 3, 7, 12), users=4)
        run_hourly_job(utc(2026, 3, 7, 12))
        change(client, 5, utc(2026, 3, 9, 4, 30))  # counted at five, at 23:00 of the 8th there
        change(client, -3, utc(2026, 3, 9, 5, 10))
        run_hourly_job(utc(2026, 3, 31, 12))
        Licensing.objects.filter(provider=denver).update(committed=12)
        change(client, 2, utc(2026, 4, 1, 5, 50))
        run_hourly_job(utc(2026, 4, 1, 7))
        months = months_known(denver, utc(2026, 4, 1, 7))
        april, march = months
        days = {row.day.day: row.highest for row in by_day(march)}
        assert [days[number] for number in (7, 8, 9, 31)] == [4, 9, 6, 6]
        assert len(days) == 25
        assert [row.highest for row in by_day(april)] == [8]
        assert by_month(months) == [Consumed(march.month, 9, 12), Consumed(april.month, 8, 12)]


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def counted(northwind):
    """Totals of five hours of the month before, three of them filled later, and of the present hour. A run that is told another time counts
    those two, too, whom the cast has from now on."""
    month = Seats.objects.filter(provider=northwind.provider).first().month
    before = timezone.now().replace(
        year=month.year, month=month.month, day=1, hour=12, minute=0, second=0, microsecond=0
    ) - timedelta(days=3)
    harbor = new_organization(northwind.provider, "Harbor Foods", at=before - timedelta(days=30), users=40)
    run_hourly_job(before)
    change(harbor, 7, before + timedelta(hours=2))
    run_hourly_job(before + timedelta(hours=4))
    recount_now()
    return before


class TestThePage:
    def test_shows_the_present_month_and_any_other_by_its_address(self, owner, northwind, counted):
        address = reverse("licence-history")
        present = owner.get(address)
        assert present.context["month"].starts_at <= timezone.now()
        assert present.context["page"].rows[0] == totals(northwind.provider)[-1]
        assert f'href="{address}?month={written_month(counted)}"' in present.content.decode()
        before = owner.get(address, {"month": written_month(counted), "sort": "slot"})
        shown = {row.slot.hour: row for row in before.context["page"].rows[:6]}
        assert [shown[hour].consumed for hour in (12, 13, 14, 16)] == [42, 40, 47, 49]
        assert [shown[hour].is_filled_later for hour in (12, 13, 14, 15, 16)] == [False, True, True, True, False]
        assert "FILLED LATER" in words_of(before)
        assert max(day["value"] for day in before.context["days"]) == 49

    @pytest.mark.parametrize("asked", ["2026", "1999-01", "0000-00", "x" * 200])
    def test_falls_back_to_the_present_month(self, owner, counted, asked):
        assert owner.get(reverse("licence-history"), {"month": asked}).context["month"].ends_at > timezone.now()

    def test_says_so_before_anything_was_counted(self, owner):
        assert "Nothing was counted yet" in words_of(owner.get(reverse("licence-history")))
        assert "No hour was counted" in words_of(owner.get(reverse("licence-history")))

    def test_explains_the_forecast(self, owner, counted):
        assert "It looks at the last 90 days" in words_of(owner.get(reverse("licence-history")))

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READ_ONLY])
    def test_is_for_who_may_see_licences(self, client, northwind, role):
        assert sign_in(client, northwind.by_role[role]).get(reverse("licence-history")).status_code == 403

    def test_s_file_has_the_hours_of_the_month(self, owner, counted):
        response = owner.get(reverse("licence-history-csv"), {"month": written_month(counted), "sort": "slot"})
        rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
        assert [(row["Consumed"], row["Filled later"], row["Sum of marks"]) for row in rows[:3]] == [
            ("42", "false", "42"),
            ("40", "true", ""),
            ("47", "true", ""),
        ]


class TestTheOutlookOnTheUsageTab:
    def told(self, client, monkeypatch, **fields):
        """The words there, the newest total being as `fields` say."""
        found = Licences.__init__

        def changed(self, *values):
            found(self, *values)
            for name, value in fields.items():
                object.__setattr__(self, name, value)

        monkeypatch.setattr(Licences, "__init__", changed)
        return words_of(client.get(reverse("usage")))

    def test_tells_range_money_and_the_day(self, owner, counted, monkeypatch):
        words = self.told(owner, monkeypatch, sum_of_marks=100, consumed=90, rise_low=15, rise_middle=10**9, rise_high=40)
        assert "Overage so far 0.00 USD before tax Next invoice" in words.replace("\u00a0", " ")
        assert "Sum of marks 105 to 140 35.00 USD to 280.00 USD overage" in words.replace("\u00a0", " ")
        assert re.search(r"At this rate you pass the commitment of 100 on \d+ \w+ 20\d\d\.", words)

    def test_tells_no_number_with_too_little_history_and_no_day_without_pace(self, owner, counted, monkeypatch):
        assert "Too little history for a forecast yet." in self.told(owner, monkeypatch, rise_low=None)
        assert "At this rate" not in self.told(owner, monkeypatch, sum_of_marks=50, rise_low=0, rise_middle=0, rise_high=9)
        assert "not before" in self.told(owner, monkeypatch, sum_of_marks=50, rise_low=0, rise_middle=1, rise_high=9)

    def test_tells_the_whole_bill_without_a_commitment(self, client, cast):
        add(cast.bluefin.clients[0].organization, 3)
        recount_now()
        response = sign_in(client, cast.bluefin.owner).get(reverse("usage"))
        outlook, price = response.context["outlook"], Licensing.objects.get(provider=cast.bluefin.provider).unit_price
        assert (outlook.committed, outlook.amount) == (None, (5 * price).quantize(Decimal("0.01")))
        assert "Bill so far" in words_of(response)
        assert "the commitment of" not in words_of(response)
