"""The mission's last sentence: a client's administrator adds users until the cap, is refused, and reads whom to turn to."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import client


@pytest.fixture
def house(cast):
    return client(cast.northwind.provider, "Small House", users=1, user_cap=2)


def add(page, house, user_name):
    page.goto(f"/organizations/{house.pk}/users/new/")
    page.get_by_label("User name").fill(user_name)
    page.get_by_label("E-mail").fill(f"{user_name}@x.example")
    page.get_by_role("button", name=re.compile("Add")).click()


class TestATenantAdministrator:
    def test_adds_users_until_the_cap_and_is_refused_with_whom_to_contact(self, house, window):
        page = window(house.administrator)
        expect(page).to_have_url(re.compile(f"/organizations/{house.pk}/users/"))
        add(page, house, "ada")
        expect(page.get_by_text("ada@x.example")).to_be_visible()
        assert house.seats.users == 2
        add(page, house, "bob")
        refusal = page.get_by_role("alert")
        expect(refusal).to_contain_text("All 2 seats are taken. Nobody was added.")
        expect(refusal).to_contain_text("Northwind MSP set this limit")
        for contact in ("Cora Contact", "help@northwind.example", "+1 555 0100"):
            expect(refusal).to_contain_text(contact)
        expect(page.get_by_label("User name")).to_have_value("bob")
        assert house.seats.users == 2

    def test_gets_in_again_when_the_msp_lifts_the_cap(self, house, window):
        page = window(house.administrator)
        house.cap(1)
        add(page, house, "ada")
        expect(page.get_by_role("alert")).to_be_visible()
        house.cap(5)
        add(page, house, "ada")
        expect(page.get_by_text("ada@x.example")).to_be_visible()

    def test_has_no_way_to_the_cap_or_the_msps_account(self, house, window):
        page = window(house.administrator)
        for path in ("/account/", "/account/usage/", f"/organizations/{house.pk}/cap/"):
            assert page.goto(path).status in {403, 404}
