"""What portal.js adds to the pages, seen in a browser: the dialog's focus, searching as one types, reveal and copy."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.sample_data


@pytest.fixture
def page(live_portal, sample_sign_ins, browser):
    """A window of Northwind's Administrator With Billing."""
    context = browser.new_context(locale="en-US", base_url=live_portal.url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    login = sample_sign_ins["logins"][0]
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(login["email"])
    page.get_by_label("Password", exact=True).fill(login["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account/")
    yield page
    context.close()


@pytest.fixture
def usage(page):
    page.goto("/account/usage/")
    return page


def edit_link(page, organization):
    return page.get_by_role("row", name=organization).get_by_role("link", name="Edit")


class TestTheDialog:
    def test_takes_the_focus_and_gives_it_back(self, usage):
        edit_link(usage, "Aspen Ridge Schools").click()
        expect(usage.get_by_role("dialog", name="Aspen Ridge Schools")).to_be_visible()
        assert usage.evaluate("document.querySelector('dialog').contains(document.activeElement)")
        usage.keyboard.press("Escape")
        expect(usage.get_by_role("dialog")).to_have_count(0)
        expect(edit_link(usage, "Aspen Ridge Schools")).to_be_focused()

    def test_leads_to_the_field_that_was_refused_and_keeps_what_was_typed(self, usage):
        edit_link(usage, "Aspen Ridge Schools").click()
        field = usage.get_by_role("dialog").get_by_label("Number of users")
        field.fill("10001")
        usage.get_by_role("button", name="Save").click()
        expect(field).to_be_focused()
        expect(field).to_have_value("10001")
        expect(field).to_have_attribute("aria-invalid", "true")

    def test_closes_on_success_with_a_toast_and_the_focus_in_the_row_drawn_anew(self, usage):
        edit_link(usage, "Aspen Ridge Schools").click()
        usage.get_by_role("dialog").get_by_label("Number of users").fill("333")
        usage.get_by_role("button", name="Save").click()
        expect(usage.get_by_role("row", name="Aspen Ridge Schools")).to_contain_text("333")
        expect(usage.get_by_role("dialog")).to_have_count(0)
        expect(usage.locator("#toasts")).to_contain_text("capped at 333")
        expect(edit_link(usage, "Aspen Ridge Schools")).to_be_focused()

    def test_stays_at_the_course_when_another_month_of_it_is_opened(self, usage):
        edit_link(usage, "Aspen Ridge Schools").click()
        course = usage.get_by_role("dialog").locator("#days")
        former = course.get_by_role("link", name="←").inner_text().removeprefix("← ")
        course.get_by_role("link", name="←").click()
        expect(course.get_by_role("figure", name=former)).to_be_visible()
        expect(course.get_by_role("link", name="←")).to_be_focused()


def test_the_first_tab_leads_to_the_skip_link_on_a_page_with_tabs_too(usage):
    usage.keyboard.press("Tab")
    expect(usage.get_by_role("link", name="Skip to content")).to_be_focused()


class TestAList:
    def test_is_searched_as_one_types_and_says_so_in_the_url(self, usage):
        usage.get_by_label("Search organizations").press_sequentially("aspen")
        expect(usage.locator(".list tbody tr")).to_have_count(1)
        expect(usage).to_have_url(re.compile(r"\?q=aspen$"))
        expect(usage.get_by_label("Search organizations")).to_be_focused()

    def test_keeps_filter_and_words_when_sorted_and_goes_back_by_the_browser(self, usage):
        usage.get_by_role("link", name="Near limit").click()
        expect(usage).to_have_url(re.compile("near"))
        usage.get_by_role("link", name="Users", exact=True).last.click()
        expect(usage.get_by_role("columnheader", name="Users")).to_have_attribute("aria-sort", "ascending")
        expect(usage).to_have_url(re.compile("near.*sort=users"))
        usage.go_back()
        expect(usage.get_by_role("columnheader", name="Organization")).to_have_attribute("aria-sort", "ascending")

    def test_puts_each_figure_under_its_head_on_a_phone(self, usage):
        usage.set_viewport_size({"width": 390, "height": 844})
        cell = usage.locator(".list tbody tr").first.locator("td[data-label=Users]")
        expect(cell).to_have_attribute("data-label", "Users")
        assert usage.evaluate("cell => getComputedStyle(cell, '::before').content", cell.element_handle()) == '"Users"'


class TestTheProviderId:
    def test_is_masked_until_revealed(self, page):
        shown = page.locator("#provider-id")
        whole = shown.get_attribute("data-full")
        expect(shown).not_to_contain_text(whole)
        page.get_by_role("button", name="Show Provider ID").click()
        expect(shown).to_have_text(whole)
        page.get_by_role("button", name="Show Provider ID").click()
        expect(shown).to_have_text(shown.get_attribute("data-masked"))

    def test_is_copied_whole_while_masked(self, page):
        page.get_by_role("button", name="Copy Provider ID").click()
        expect(page.locator("#toasts")).to_contain_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("#provider-id").get_attribute("data-full")


def test_the_theme_is_drawn_by_the_server_from_the_first_byte(page):
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert 'data-bs-theme="dark"' in page.request.get("/account/").text()


def test_a_portal_that_does_not_answer_is_said_to(usage):
    usage.route("**/cap/", lambda route: route.abort())
    edit_link(usage, "Aspen Ridge Schools").click()
    expect(usage.locator("#toasts")).to_contain_text("did not answer")
