"""The article's sentences about Usage, in a browser: the donut's colours, the badges, and editing a user cap in place."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.cast import client
from tests.journeys.by_hand import sign_in_by_hand
from usage.actions.licence_totals import recompute
from usage.models import Licensing, User


def fill(organization, number):
    User.objects.bulk_create(
        User(provider_id=organization.provider_id, organization=organization, user_name=f"filler{n}", email=f"f{n}@x.example")
        for n in range(number)
    )


def committed_to(msp, number):
    Licensing.objects.filter(provider=msp.provider).update(committed=number)


@pytest.fixture
def nine_hundred(cast):
    """Northwind with 900 users in all."""
    fill(cast.northwind.clients[0].organization, 900 - User.objects.filter(provider=cast.northwind.provider).count())
    return cast.northwind


class TestTheDonut:
    @pytest.mark.parametrize(
        ("commitment", "state", "words"),
        [
            (1001, "ok", "101 licences available"),
            (1000, "near", "Near the commitment: 100 licences available"),
            (900, "near", "Near the commitment: 0 licences available"),
            (899, "over", "1 user over the commitment"),
        ],
        ids=["grey at 89.9 %", "orange at 90 %", "orange at 100 %", "red above"],
    )
    def test_tells_how_near_the_commitment_is(self, nine_hundred, window, commitment, state, words):
        committed_to(nine_hundred, commitment)
        recompute(at=timezone.now())
        page = window(nine_hundred.owner, "/account/usage/")
        expect(page.locator("svg.donut")).to_have_class(re.compile(rf"\bdonut-{state}\b"))
        expect(page.get_by_text(words, exact=True)).to_be_visible()
        figures = page.get_by_role("table", name="Licences in figures")
        expect(figures.get_by_role("row", name="Consumed 900")).to_be_visible()
        expect(figures.get_by_role("row", name=f"Committed {commitment:,}")).to_be_visible()

    def test_is_absent_without_a_commitment_and_says_why_and_whom_to_ask(self, cast, window):
        page = window(cast.bluefin.owner, "/account/usage/")
        expect(page.locator("svg.donut")).to_have_count(0)
        expect(page.get_by_text("No licences were bought in bulk")).to_be_visible()
        expect(page.get_by_text("please ask your account manager")).to_be_visible()


class TestTheTable:
    @pytest.mark.parametrize(
        ("left", "badge"), [(11, None), (10, "NEAR LIMIT"), (1, "NEAR LIMIT"), (0, "LIMIT REACHED"), (-1, "LIMIT REACHED")]
    )
    def test_badges_an_organization_by_the_seats_it_has_left(self, cast, window, left, badge):
        house = client(cast.northwind.provider, "Capped House", users=4, user_cap=4 + left)
        page = window(cast.northwind.owner, "/account/usage/")
        row = page.locator(f"#organization-row-{house.pk}")
        expect(row.get_by_text(re.compile("LIMIT"))).to_have_count(1 if badge else 0)
        if badge:
            expect(row.get_by_text(badge, exact=True)).to_be_visible()


class TestEditingACap:
    @pytest.fixture
    def acme(self, cast):
        return cast.northwind.clients[0]

    @pytest.fixture
    def page(self, cast, window):
        return window(cast.northwind.owner, "/account/usage/")

    def edit(self, page, house, typed):
        """Open the dialog of the row, type a cap and save."""
        page.locator(f"#organization-row-{house.pk}").get_by_role("link", name="Edit").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Cap Users at").first.check()
        dialog.get_by_label("Number of users").fill(typed)
        dialog.get_by_role("button", name="Save").click()
        return dialog

    @pytest.mark.parametrize("cap", ["1", "10,000"])
    def test_accepts_the_bounds_and_changes_the_row_in_place(self, page, acme, cap):
        page.evaluate("window.notReloaded = true")
        dialog = self.edit(page, acme, cap.replace(",", ""))
        expect(page.locator(f"#organization-row-{acme.pk} .cap-cell")).to_contain_text(cap)
        expect(dialog).to_be_hidden()
        assert page.evaluate("window.notReloaded")
        assert acme.seats.user_cap == int(cap.replace(",", ""))

    @pytest.mark.parametrize("typed", ["0", "10001", "1.5"])
    def test_refuses_what_is_out_of_bounds_and_keeps_what_was_typed(self, page, acme, typed):
        dialog = self.edit(page, acme, typed)
        expect(dialog.get_by_text("10,000").first).to_be_visible()
        expect(dialog.locator("[name=user_cap]")).to_have_value(typed)
        assert acme.seats.user_cap is None

    def test_takes_one_below_the_users_who_are_there_and_blocks_from_then_on(self, page, cast, window):
        house = client(cast.northwind.provider, "Crowded House", users=3)
        page.reload()
        self.edit(page, house, "2")
        expect(page.locator(f"#organization-row-{house.pk}").get_by_text("LIMIT REACHED")).to_be_visible()
        theirs = window(house.administrator, f"/organizations/{house.pk}/users/new/")
        theirs.get_by_label("User name").fill("late")
        theirs.get_by_label("E-mail").fill("late@x.example")
        theirs.get_by_role("button", name=re.compile("Add")).click()
        expect(theirs.get_by_role("alert")).to_contain_text("3 users are here and the user cap is 2")
        assert house.seats.users == 3

    def test_warns_of_one_above_the_commitment_and_saves_it(self, page, acme):
        self.edit(page, acme, "5000")
        expect(page.get_by_role("status")).to_contain_text(re.compile("committed", re.IGNORECASE))
        assert acme.seats.user_cap == 5000


@pytest.mark.sample_data
def test_cobalts_peak_of_last_month_stands_beside_what_it_has_now(live_portal, window, sample_sign_ins):
    page = window(None, "/account/usage/")
    cobalt = next(
        login
        for login in sample_sign_ins["logins"]
        if (login["provider"], login["role"]) == ("Cobalt Services", "Administrator With Billing")
    )
    sign_in_by_hand(page, cobalt["email"], cobalt["password"])
    page.get_by_role("button", name="Cobalt Services Administrator With Billing").click()
    expect(page.get_by_role("heading", name="License Usage")).to_be_visible()
    cells = page.locator('tr[id^=organization-row] td[data-label="Last month\'s HWM"]').all_inner_texts()
    assert sum(int(cell) for cell in cells) == 17
