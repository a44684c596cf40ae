"""A key for each script, in a browser: made, renewed beside the former one, and revoked from the list."""

import pytest
from playwright.sync_api import expect

from tests.journeys.test_account_overview import KEY, answer_to


@pytest.fixture
def keys(cast, window):
    return window(cast.northwind.owner, "/account/keys/")


def make(page, name):
    page.goto("/account/keys/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Allowed addresses").fill("127.0.0.0/8")
    return shown_after(page, "Generate key")


def shown_after(page, button):
    page.get_by_role("button", name=button).click()
    shown = page.locator("#new-key")
    expect(shown).to_be_visible()
    assert KEY.fullmatch(shown.inner_text())
    return shown.inner_text()


class TestANamedKey:
    def test_is_offered_where_there_is_none_and_shown_once(self, keys, live_portal):
        keys.get_by_role("link", name="New API key", exact=True).click()
        key = make(keys, "Nightly sync")
        assert answer_to(live_portal, key) == 200
        keys.get_by_role("link", name="I have stored it").click()
        expect(keys.get_by_role("row", name="Nightly sync")).to_contain_text("127.0.0.0/8")
        assert key[9:] not in keys.content()
        keys.go_back()
        assert key[9:] not in keys.content()

    def test_is_copied_and_downloaded(self, keys):
        key = make(keys, "Nightly sync")
        keys.get_by_role("button", name="Copy").click()
        expect(keys.locator("[data-copy].is-done")).to_be_visible()
        assert keys.evaluate("navigator.clipboard.readText()") == key
        with keys.expect_download() as download:
            keys.get_by_role("button", name="Download").click()
        assert download.value.path().read_text() == key

    def test_is_renewed_beside_the_former_one(self, keys, live_portal):
        former = make(keys, "Nightly sync")
        keys.goto("/account/keys/")
        keys.get_by_role("link", name="Renew Nightly sync").click()
        keys.get_by_label("Works for 24 more hours").check()
        new = shown_after(keys, "Renew key")
        assert (answer_to(live_portal, former), answer_to(live_portal, new)) == (200, 200)

    def test_is_revoked_in_a_dialog_that_names_who_uses_it(self, keys, live_portal):
        key = make(keys, "Nightly sync")
        assert answer_to(live_portal, key) == 200
        keys.goto("/account/keys/")
        keys.get_by_role("link", name="Revoke Nightly sync").click()
        dialog = keys.get_by_role("dialog")
        expect(dialog).to_contain_text("1 integration was seen using it and will stop working")
        expect(dialog).to_contain_text("Python-urllib")
        dialog.get_by_role("button", name="Revoke key").click()
        expect(keys.get_by_text("no longer works.")).to_be_visible()
        assert answer_to(live_portal, key) == 401

    def test_names_its_last_day_by_typing_it(self, keys):
        keys.goto("/account/keys/new/")
        keys.get_by_label("Its last day").fill("2031-12-24")
        expect(keys.get_by_label("To the end of")).to_be_checked()
