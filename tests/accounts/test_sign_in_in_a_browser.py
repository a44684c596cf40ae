"""Signing in at the real portal, which may do no more than its own login, in a real browser."""

import re
import time
from datetime import UTC, datetime

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.utils import timezone

from accounts.actions import invitation
from accounts.models import Administrator, AuditEvent, Person
from accounts.roles import Role
from msp_portal.lib import tenancy
from msp_portal.lib.outbox import sweep
from tests.cast import PASSWORD

NEW_PASSWORD = "nine quiet herons at dawn"


@pytest.fixture
def owner(cast):
    return cast.northwind.owner


@pytest.fixture
def browser_page(committed, cast, live_portal, page):
    """A page at the portal; whatever the Content Security Policy blocks fails the test."""
    blocked = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security Policy" in message.text else None)
    page.set_default_timeout(10_000)
    page.goto(f"{live_portal.url}/sign-in/")
    yield page
    assert blocked == []


def path_of(page):
    return re.sub(r"^http://[^/]+", "", page.url)


def sign_in(page, email, password=PASSWORD):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page):
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()


def code_of(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def newest_link():
    sweep(lambda: datetime.now(UTC))
    return re.search(r"http://[^/]+(/\S+)", mail.outbox[-1].body)[1]


def test_an_administrator_mistypes_and_then_comes_in(browser_page, owner):
    sign_in(browser_page, owner.email, "wrong")
    assert browser_page.get_by_role("alert").inner_text() == "E-mail or password is not right. Check both and try again."
    assert browser_page.get_by_label("E-mail").input_value() == owner.email
    sign_in(browser_page, owner.email)
    assert path_of(browser_page) == "/account/"
    seen = AuditEvent.objects.filter(action__startswith="sign_in").order_by("id")
    assert [(event.action, event.provider_id) for event in seen] == [
        ("sign_in.failed", None),
        ("sign_in.entered", owner.provider_id),
    ]
    sign_out(browser_page)
    assert path_of(browser_page) == "/sign-in/"


def test_a_second_factor_is_set_up_and_asked_for(browser_page, owner, live_portal):
    sign_in(browser_page, owner.email)
    browser_page.goto(f"{live_portal.url}/security/")
    browser_page.get_by_role("link", name="Set up").click()
    assert browser_page.get_by_role("img", name="QR code").evaluate("picture => picture.naturalWidth > 0")
    secret = browser_page.locator(".secret code").inner_text()
    browser_page.get_by_label("Code").fill(code_of(secret, -1))
    browser_page.get_by_role("button", name="Turn on").click()
    assert browser_page.locator(".recovery-codes code").count() == 10
    sign_out(browser_page)
    sign_in(browser_page, owner.email)
    browser_page.get_by_label("Code").fill(code_of(secret))
    browser_page.get_by_role("button", name="Sign in", exact=True).click()
    assert path_of(browser_page) == "/account/"


def test_a_forgotten_password_is_replaced_by_mail(browser_page, owner, live_portal):
    browser_page.get_by_role("link", name="Forgot your password?").click()
    browser_page.get_by_label("E-mail").fill(owner.email)
    browser_page.get_by_role("button", name="Send the link").click()
    browser_page.goto(live_portal.url + newest_link())
    browser_page.get_by_label("New password").fill(NEW_PASSWORD)
    browser_page.get_by_role("button", name="Save the new password").click()
    sign_in(browser_page, owner.email, NEW_PASSWORD)
    assert path_of(browser_page) == "/account/"


def test_someone_invited_joins(browser_page, cast, live_portal):
    with tenancy.scope(cast.northwind.pk):
        made = Administrator.objects.create(
            provider=cast.northwind.provider,
            email="nia@northwind.example",
            first_name="Nia",
            last_name="Novak",
            role=Role.READ_ONLY,
        )
        invitation.send(made, at=timezone.now())
    browser_page.goto(live_portal.url + newest_link())
    browser_page.get_by_label("New password").fill(NEW_PASSWORD)
    browser_page.get_by_role("button", name="Accept and sign in").click()
    assert path_of(browser_page) == "/account/"
    assert Administrator.objects.get(pk=made.pk).person == Person.objects.get(email="nia@northwind.example")


def test_the_theme_stays_as_chosen(browser_page, live_portal):
    browser_page.get_by_role("button", name="Dark").click()
    assert browser_page.locator("html").get_attribute("data-bs-theme") == "dark"
    browser_page.goto(f"{live_portal.url}/sign-in/reset/")
    assert browser_page.locator("html").get_attribute("data-bs-theme") == "dark"
