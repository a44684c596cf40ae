"""The console as it is served: with its real database login, in a browser, under the Content Security Policy."""

import re
from itertools import product
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, person, user
from usage.models import User

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
LISTS = [
    *("accounts/provider", "accounts/organization", "accounts/administrator", "accounts/person", "accounts/operator"),
    *("accounts/apikey", "accounts/auditevent", "portal/outboxmessage", "portal/mailboxmessage"),
    *("usage/user", "usage/device", "usage/seats", "usage/seatevent", "usage/closedmonth", "usage/countdifference"),
    *("usage/licensetotal", "usage/licensing", "billing/package", "billing/contract", "billing/invoice"),
    *("billing/payment", "billing/billinginformation", "billing/paymentmethod"),
    *("billing/charge", "billing/refund", "billing/posting", "billing/webhookevent", "billing/taxrate"),
]


@pytest.fixture
def complaints(page):
    """What the browser complains of: errors of scripts, and what the policy refused."""
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    return found


@pytest.fixture
def console(page, live_operators, cast):
    """The browser, signed in as an operator."""
    from accounts.models import Operator

    Operator.objects.create(person=person("olive@portal.example"))
    page.goto(live_operators.url)
    page.get_by_label("E-mail").fill("olive@portal.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What we look after")).to_be_visible()
    return page


def add_user(page, live_operators, organization, user_name):
    page.goto(f"{live_operators.url}/usage/user/add/")
    page.get_by_role("combobox", name="Organization").click()
    page.locator(".select2-search__field").fill(organization.name)
    page.get_by_role("option", name=organization.name).click()
    page.get_by_label("User name").fill(user_name)
    page.get_by_label("E-mail").fill(f"{user_name}@acme.example")
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_operator_meets_the_cap_like_everyone(console, live_operators, cast, complaints):
    acme = cast.northwind.clients[0]
    acme.cap(2)
    add_user(console, live_operators, acme.organization, "eva")
    expect(console.get_by_text("was added successfully")).to_be_visible()
    add_user(console, live_operators, acme.organization, "one.more")
    expect(console.get_by_text("All 2 seats are taken. Nobody was added.")).to_be_visible()
    expect(console.get_by_label("User name")).to_have_value("one.more")
    assert set(User.objects.filter(organization=acme.organization).values_list("user_name", flat=True)) == {"acme.user1", "eva"}
    assert complaints == []


def test_every_page_opens_with_the_consoles_own_login(console, live_operators, cast, complaints):
    for path in LISTS:
        answer = console.goto(f"{live_operators.url}/{path}/")
        assert answer.status == 200, path
        first = console.locator("#result_list tbody th a").first
        if first.count():
            first.click()
            expect(console.get_by_role("heading", level=1)).to_be_visible()
            assert re.search(r"/change/", console.url), path
    assert complaints == []


def test_is_readable_for_everyone_in_both_themes_and_widths(console, live_operators, cast):
    user(cast.northwind.clients[0].organization, "second")
    for path in ("", "usage/user/", "usage/user/add/", "usage/seats/", "accounts/auditevent/", "accounts/provider/add/"):
        for scheme, width in product(("light", "dark"), (1280, 390)):
            console.emulate_media(color_scheme=scheme)
            console.set_viewport_size({"width": width, "height": 900})
            console.goto(f"{live_operators.url}/{path}")
            console.evaluate(AXE.read_text())
            violations = console.evaluate("axe.run().then(found => found.violations.map(each => each.id))")
            assert violations == [], (path, scheme, width)
            fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert console.evaluate(fits), (path, scheme, width)
