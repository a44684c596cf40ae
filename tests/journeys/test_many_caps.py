"""Many user caps at once in a browser: by mouse and keyboard, without JavaScript, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.cast import client
from tests.walks.test_every_page_looks_right import faults, picture
from usage.models import Seats

LOOKS = [("light", 1280), ("dark", 390)]


@pytest.fixture
def three(cast):
    """Acme, Birch and Cedar, each with one user."""
    return [*cast.northwind.clients, client(cast.northwind.provider, "Cedar Arts")]


def caps_of(clients):
    return [Seats.objects.get(pk=each.pk).user_cap for each in clients]


def ask(page, number, operation="Set to"):
    page.get_by_label("User caps", exact=True).select_option(operation)
    page.get_by_label("Number of users").fill(number)
    page.get_by_role("button", name="Preview").click()


class TestWithTheScript:
    def test_the_box_in_the_head_ticks_the_page_and_one_taken_out_takes_it_back(self, cast, three, window):
        page = window(cast.northwind.owner, "/account/usage/")
        whole, cedar = page.locator("thead [name=on_page]"), page.get_by_label("Select Cedar Arts")
        whole.check()
        expect(cedar).to_be_checked()
        cedar.focus()
        page.keyboard.press("Space")
        expect(whole).not_to_be_checked()
        ask(page, "50")
        expect(page.get_by_role("heading", name="Change 2 user caps?")).to_be_visible()
        page.get_by_role("button", name="Change 2 user caps").press("Enter")
        expect(page.get_by_text("2 user caps were changed.")).to_be_visible()
        assert caps_of(three) == [50, 50, None]

    @pytest.mark.parametrize(("theme", "width"), LOOKS)
    def test_each_page_on_the_way_is_right(self, cast, three, window, live_portal, theme, width):
        """Those that no link leads to: the preview, a refused number, the conflict, a faulty file."""
        page = window(cast.northwind.owner, "/account/usage/")
        page.complaints = []
        page.context.add_cookies([{"name": "theme", "value": theme, "url": live_portal.url}])
        page.set_viewport_size({"width": width, "height": 900})
        wrong = []

        def look(name):
            picture(page, f"caps-{name}-{theme}-{width}")
            wrong.extend(faults(page))

        three[1].cap(50)
        page.get_by_label("All 3 organizations, not only those ticked").check()
        ask(page, "0")
        expect(page.get_by_text("Enter a whole number from 1 to 10,000")).to_be_visible()
        look("refused")
        page.get_by_label("Number of users").fill("50")
        page.get_by_role("button", name="Preview again").click()
        expect(page.get_by_text("It stands so already.")).to_be_visible()
        look("preview")
        three[0].cap(7)
        page.get_by_role("button", name="Change 2 user caps").click()
        expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
        look("conflict")
        page.get_by_role("button", name="Preview again").click()
        expect(page.get_by_role("row", name="Acme Dental")).to_contain_text("7")
        page.goto("/account/usage/caps/file/")
        file = {"name": "caps.csv", "mimeType": "text/csv", "buffer": b"id,cap\n=1+1,5\n"}
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("No organization of yours has the id =1+1.")).to_be_visible()
        look("faults")
        assert wrong == []


class TestWithoutTheScript:
    def test_boxes_are_a_form(self, cast, three, live_portal, browser):
        from tests.journeys.by_hand import cookie_of

        context = browser.new_context(locale="en-US", base_url=live_portal.url, java_script_enabled=False)
        context.add_cookies([cookie_of(cast.northwind.owner, live_portal.url)])
        page = context.new_page()
        page.goto("/account/usage/")
        page.get_by_label("Select Birch Legal").check()
        ask(page, "4", "Present users plus")
        page.get_by_role("button", name="Change 1 user cap").click()
        expect(page.get_by_text("1 user cap was changed.")).to_be_visible()
        page.locator("thead [name=on_page]").check()
        ask(page, "9")
        page.get_by_role("button", name="Change 3 user caps").click()
        expect(page.get_by_text("3 user caps were changed.")).to_be_visible()
        assert caps_of(three) == [9, 9, 9]
        context.close()
