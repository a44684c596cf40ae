"""What a visitor does at the sign-in page, and the cookie of one who is past it."""

from django.conf import settings
from django.test import Client

from tests.cast import PASSWORD, sign_in


def cookie_of(administrator, url):
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": sign_in(Client(), administrator).cookies[name].value, "url": url}


def sign_in_by_hand(page, email, password=PASSWORD):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
