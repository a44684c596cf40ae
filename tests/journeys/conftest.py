"""A window at the real portal for each of the cast; whatever its console complains of fails the story."""

import pytest


@pytest.fixture
def window(live_portal, browser):
    """Open a page at the portal as an administrator who signed in just now; None comes to the sign-in page."""
    opened, complaints = [], []

    def enter(administrator, path="/"):
        context = browser.new_context(locale="en-US", base_url=live_portal.url)
        opened.append(context)
        context.set_default_timeout(15_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        if administrator:
            from tests.journeys.by_hand import cookie_of  # by now Django is set up

            context.add_cookies([cookie_of(administrator, live_portal.url)])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if is_serious(message) else None)
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.goto(path)
        return page

    yield enter
    for context in opened:
        context.close()
    assert complaints == []


def is_serious(message):
    """A refused form is an answer of 422, which Chromium calls a failure to load."""
    return message.type in {"error", "warning"} and "status of 422" not in message.text and "status of 40" not in message.text
