"""Payment methods in a browser, with the payment provider's stand-in and a worker: no number is ever typed into a page of ours."""

import re

import pytest
from playwright.sync_api import expect

VISA = "4242424242424242"
MASTERCARD = "5555555555554444"


@pytest.fixture
def billing(cast, window, stand_in, live_worker):
    return window(cast.northwind.owner, "/account/billing/")


def go_to_the_page(browser, kind="card", *, make_default=False):
    """Off from the panel to the payment provider's page."""
    browser.goto("/account/billing/")
    browser.get_by_role("link", name=f"Add a {kind}").click()
    dialog = browser.get_by_role("dialog")
    expect(dialog).to_contain_text("never reaches this portal")
    if make_default:
        dialog.get_by_label("Make it the default").check()
    dialog.get_by_role("button", name="Go on").click()
    browser.wait_for_url(re.compile("/pay/"))


def enter(browser, number, **more):
    for name, value in {"number": number, "name": "Ada Adler", **more}.items():
        browser.locator(f"#{name}").fill(value)
    browser.get_by_role("button", name="Add this").click()


def add_card(browser, number, **options):
    go_to_the_page(browser, **options)
    enter(browser, number, expiry="12/34")
    expect(browser.get_by_text(f"•••• {number[-4:]} was added")).to_be_visible()


class TestAddingACard:
    def test_leads_there_and_back_and_makes_the_first_one_the_default(self, billing):
        add_card(billing, VISA)
        expect(billing.get_by_text("It is your default payment method")).to_be_visible()
        billing.get_by_role("link", name="Back to Billing Information").click()
        expect(billing.locator("#methods li")).to_contain_text(["Visa •••• 4242 Default"])

    def test_says_so_when_it_was_cancelled_after_a_decline(self, billing):
        go_to_the_page(billing)
        enter(billing, "4000000000000002", expiry="12/34")
        expect(billing.get_by_role("alert")).to_contain_text("declined")
        billing.get_by_role("link", name="Cancel and go back").click()
        expect(billing.get_by_text("Your payment methods are as they were")).to_be_visible()
        billing.get_by_role("link", name="Try again").click()
        expect(billing.get_by_role("button", name="Go on")).to_be_visible()

    def test_takes_a_confirmation_of_its_bank(self, billing):
        go_to_the_page(billing)
        enter(billing, "4000002500003155", expiry="12/34")
        billing.get_by_role("button", name="Confirm").click()
        expect(billing.get_by_text("Visa •••• 3155 was added")).to_be_visible()

    def test_leaves_no_number_anywhere(self, billing, committed, live_portal, run):
        add_card(billing, VISA)
        admin = committed.connect("admin", autocommit=True)
        tables = admin.execute(
            "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        everything = "".join(
            admin.execute(f"select coalesce(string_agg(t::text, ''), '') from {table} t").fetchone()[0]
            for (table,) in tables.fetchall()
        )
        logged = "".join(log.read_text() for log in (live_portal.log, *run.folder.glob("worker-*.log")))
        assert "•••• 4242" in everything  # the control
        assert "/account/billing/methods/" in logged
        for text in (everything, logged):
            assert VISA not in text
            assert not re.search(r"pm_[0-9A-Za-z]{8}", text)

    def test_works_without_javascript(self, cast, live_portal, browser, stand_in, live_worker):
        from tests.journeys.by_hand import cookie_of

        context = browser.new_context(locale="en-US", base_url=live_portal.url, java_script_enabled=False)
        context.add_cookies([cookie_of(cast.northwind.owner, live_portal.url)])
        page = context.new_page()
        page.goto("/account/billing/")
        page.get_by_role("link", name="Add a card").click()
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url(re.compile("/pay/"), timeout=20_000)
        enter(page, VISA, expiry="12/34")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("Visa •••• 4242 was added")).to_be_visible(timeout=20_000)
        context.close()


class TestTheMethodsOnFile:
    def test_are_ordered_replaced_and_removed(self, billing):
        add_card(billing, VISA)
        go_to_the_page(billing, "bank account")
        enter(billing, "000123456789", routing="110000000")
        expect(billing.get_by_text("•••• 6789 was added")).to_be_visible()
        add_card(billing, MASTERCARD, make_default=True)
        billing.goto("/account/billing/")
        rows = billing.locator("#methods li")
        expect(rows).to_contain_text(["Mastercard •••• 4444 Default", "Visa •••• 4242 Backup", "•••• 6789 Backup"])
        billing.get_by_role("button", name="•••• 6789 earlier").press("Enter")
        expect(rows).to_contain_text(["Mastercard", "•••• 6789 Backup", "Visa"])
        expect(rows.nth(1)).to_be_focused()
        billing.get_by_role("button", name="Make Visa •••• 4242 the default").click()
        expect(rows).to_contain_text(["Visa •••• 4242 Default", "Mastercard", "•••• 6789"])
        billing.get_by_role("link", name="Remove Visa").click()
        dialog = billing.get_by_role("dialog")
        expect(dialog).to_contain_text("Mastercard •••• 4444 becomes the default")
        dialog.get_by_role("button", name="Remove").click()
        expect(billing.get_by_text("Visa •••• 4242 was removed")).to_be_visible()
        expect(rows).to_contain_text(["Mastercard •••• 4444 Default", "•••• 6789 Backup"])
