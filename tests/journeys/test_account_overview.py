"""The article's sentences about Account Overview, in a browser: the Provider ID, and the API key."""

import json
import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.journeys.by_hand import sign_in_by_hand

KEY = re.compile(r"mspk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}")


@pytest.fixture
def overview(cast, window):
    return window(cast.northwind.owner, "/account/")


class TestTheProviderId:
    def test_is_reached_by_signing_in(self, cast, window):
        page = window(None, "/account/")
        sign_in_by_hand(page, cast.northwind.owner.email)
        expect(page.get_by_role("heading", name="Provider ID")).to_be_visible()

    def test_is_masked_revealed_by_the_eye_and_masked_again(self, cast, overview):
        shown = overview.locator("#provider-id")
        expect(shown).to_have_text(re.compile(rf"^\W+{cast.northwind.pk[-4:]}$"))
        overview.get_by_role("button", name="Show Provider ID").click()
        expect(shown).to_have_text(cast.northwind.pk)
        overview.locator("[data-reveal=provider-id]").click()
        expect(shown).not_to_have_text(cast.northwind.pk)

    def test_is_copied_whole_even_while_masked(self, cast, overview):
        overview.get_by_role("button", name="Copy Provider ID").click()
        expect(overview.locator("#provider-id")).not_to_have_text(cast.northwind.pk)
        assert overview.evaluate("navigator.clipboard.readText()") == cast.northwind.pk


class TestTheApiKey:
    def generate(self, page):
        page.goto("/account/key/")
        page.get_by_role("button", name="Generate New API Key").click()
        shown = page.locator("#new-key")
        expect(shown).to_be_visible()
        return shown.inner_text()

    def test_is_offered_where_there_is_none_yet(self, overview):
        expect(overview.get_by_text("There is no API key yet.")).to_be_visible()
        overview.get_by_role("link", name="Generate New API Key").click()
        expect(overview.get_by_role("button", name="Generate New API Key")).to_be_visible()

    def test_is_shown_once_and_gone_on_reload(self, overview):
        key = self.generate(overview)
        assert KEY.fullmatch(key)
        overview.goto("/account/key/")
        assert key not in overview.content()
        overview.goto("/account/")
        assert key not in overview.content()
        expect(overview.get_by_text(f"{key[:9]}…").first).to_be_visible()

    def test_refuses_the_former_one_at_once(self, overview, live_portal, cast):
        former = self.generate(overview)
        assert answer_to(live_portal, former) == 200
        present = self.generate(overview)
        assert answer_to(live_portal, former) == 401
        assert answer_to(live_portal, present) == 200


def answer_to(live_portal, key):
    request = urllib.request.Request(f"{live_portal.url}/api/users/getSelf", headers={"x-api-key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code
