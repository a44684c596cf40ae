"""The rows of the Usage table are drawn once a kind and filled for each organization: what a name holds stays text, and each row is of its kind."""

from datetime import date

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone, translation

from usage.models import BillingMonth
from usage.queries.rows import UsageRow

ID = "01a21e65bdb2a0d69d00a888"


def row(**figures):
    usual = {"name": "Acme Dental", "closed_at": None, "users": 5, "devices": 0, "user_cap": None}
    return UsageRow(ID, **{**usual, "high_water_mark": 7, "last_high_water_mark": None, **figures})


def drawn(*rows, **offered):
    months = {"month": BillingMonth(month=date(2026, 3, 1)), "last_month": date(2026, 2, 1)}
    context = Context({"rows": rows, "edits_caps": True, "sees_organizations": True, **months, **offered})
    return Template("{% load usage_rows %}{% usage_rows rows %}").render(context)


class TestARow:
    def test_has_the_figures_in_the_reader_s_format(self):
        assert '<td class="num" data-label="Users">12,345</td>' in drawn(row(users=12345))
        with translation.override("de"):
            assert ">12.345</td>" in drawn(row(users=12345))

    def test_has_a_dash_for_a_month_before_its_time(self):
        assert 'data-label="Last month\'s HWM">–</td>' in drawn(row())

    def test_leads_from_each_mark_to_why_it_is(self):
        html = drawn(row(high_water_mark=7, last_high_water_mark=9))
        assert f'<a href="/organizations/{ID}/marks/2026-03/">7</a>' in html
        assert f'<a href="/organizations/{ID}/marks/2026-02/">9</a>' in html
        assert "marks/2026-02" not in drawn(row(last_high_water_mark=None))

    def test_shows_a_name_as_it_was_typed(self):
        html = drawn(row(name="<b>{id} & {0.__class__} %s"))
        assert html.count("&lt;b&gt;{id} &amp; {0.__class__} %s") == 3  # beside the box that ticks it, too
        assert "<b>" not in html

    def test_leads_to_the_organization_and_to_its_cap(self):
        html = drawn(row())
        assert f'<a href="{reverse("organization", args=[ID])}">Acme Dental</a>' in html
        assert html.count(reverse("cap", args=[ID])) == 2
        assert reverse("organization", args=[ID]) + '"' not in drawn(row(), sees_organizations=False)

    def test_offers_to_edit_the_cap_of_an_open_organization_to_who_may(self):
        assert ">Edit<" in drawn(row())
        assert ">Details<" in drawn(row(), edits_caps=False)
        assert ">Details<" in drawn(row(closed_at=timezone.now()))


class TestEachRow:
    def test_is_of_its_kind(self):
        kinds = [row(), row(user_cap=20), row(user_cap=10), row(user_cap=5), row(user_cap=4), row(closed_at=timezone.now())]
        words = ("No User Cap", "NEAR LIMIT", "LIMIT REACHED", "CLOSED")
        found = [[word for word in words if word in part] for part in drawn(*kinds).split("</tr>")[:-1]]
        assert found == [
            ["No User Cap"],
            [],
            ["NEAR LIMIT"],
            ["LIMIT REACHED"],
            ["LIMIT REACHED"],
            ["No User Cap", "CLOSED"],
        ]

    def test_has_the_figures_of_its_own(self):
        assert [f">{users}</td>" in drawn(row(users=8), row(users=9)) for users in (8, 9)] == [True, True]

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_leaves_no_blank(self, language):
        with translation.override(language):
            html = drawn(row(), row(user_cap=20), row(user_cap=5, closed_at=timezone.now()))
        assert "{" not in html
