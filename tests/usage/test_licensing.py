"""Licences: where grey turns orange and orange red, and what the line on the Users page says."""

import pytest
from django.template.loader import render_to_string

from accounts.models import Provider
from tests.usage.history import change, new_organization, new_provider, recount_now, run_hourly_job, utc
from usage.models.licensing import LicenseState, license_state
from usage.queries import licences_of


class TestTheState:
    @pytest.mark.parametrize(
        ("consumed", "committed", "state"),
        [
            (0, 100, LicenseState.OK),
            (89, 100, LicenseState.OK),
            (90, 100, LicenseState.NEAR),
            (100, 100, LicenseState.NEAR),
            (101, 100, LicenseState.OVER),
            (12, 14, LicenseState.OK),  # 85.7 %
            (13, 14, LicenseState.NEAR),  # 92.9 %
            (8999, 10000, LicenseState.OK),
            (9000, 10000, LicenseState.NEAR),
            (1, 1, LicenseState.NEAR),
            (2, 1, LicenseState.OVER),
        ],
    )
    def test_turns_at_ninety_percent_inclusive_and_above_all_of_it(self, consumed, committed, state):
        assert license_state(consumed, committed) == state


@pytest.mark.django_db
class TestTheLine:
    def line(self, provider):
        shown = {"licences": licences_of(provider), "zone": provider.time_zone}
        return " ".join(render_to_string("usage/licences_line.html", shown).split())

    def test_tells_how_many_are_left_and_when_that_was_counted(self):
        provider = new_provider(zone="America/Denver", committed=50)
        new_organization(provider, at=utc(2026, 3, 1, 12), users=12)
        run_hourly_job(utc(2026, 3, 2, 10))
        line = self.line(provider)
        assert "<strong>38</strong> of 50 licences available" in line
        assert "Updated hourly, as of" in line
        assert "03:00 MST" in line

    def test_never_goes_below_zero_and_says_how_many_are_over(self):
        provider = new_provider(committed=10)
        new_organization(provider, users=13)
        recount_now()
        assert "<strong>0</strong> of 10 licences available" in self.line(provider)
        assert "3 OVER" in self.line(provider)

    def test_is_empty_without_a_commitment(self):
        provider = new_provider()
        recount_now()
        assert self.line(provider) == ""

    def test_is_empty_before_the_first_count(self):
        assert self.line(new_provider(committed=10)) == ""


@pytest.mark.django_db
class TestLicences:
    def test_are_unknown_where_no_contract_is(self):
        assert licences_of(Provider.objects.create(name="New MSP")) is None

    def test_are_late_when_the_job_missed_two_hours(self):
        provider = new_provider(committed=10)
        run_hourly_job(utc(2026, 3, 2, 10, 0, 5))
        licences = licences_of(provider)
        assert licences.next_at == utc(2026, 3, 2, 11)
        assert (licences.is_late(utc(2026, 3, 2, 11, 59)), licences.is_late(utc(2026, 3, 2, 12, 1))) == (False, True)

    def test_know_the_overage_that_the_month_would_cost(self):
        provider = new_provider(committed=14)
        client = new_organization(provider, at=utc(2026, 3, 1), users=17)
        change(client, -5, utc(2026, 3, 2))
        run_hourly_job(utc(2026, 3, 3))
        licences = licences_of(provider)
        assert (licences.consumed, licences.sum_of_marks, licences.overage, licences.over_by) == (12, 17, 3, 0)
