"""Payment methods for tests: put on file directly, or added on the stand-in's page as a person does it."""

import hashlib

from django.urls import reverse
from django.utils import timezone

from billing import tokens
from billing.actions.working_setups import work_setups
from billing.models import MethodSetup, PaymentMethod

VISA = {"number": "4242 4242 4242 4242", "expiry": "12/34", "name": "Grace Lindqvist"}
MASTERCARD = {**VISA, "number": "5555 5555 5555 4444"}


def on_file(provider, brand="Visa", last4="4242", *, kind="card", **fields):
    """The next payment method of the provider, as if it had been added."""
    token = f"pm_{hashlib.sha256(f'{provider.pk}{brand}{last4}'.encode()).hexdigest()[:16]}"
    place = PaymentMethod.objects.filter(provider=provider).on_file().count() + 1
    given = {"sealed_token": tokens.seal(token), "token_digest": tokens.digest(token), "place": place, **fields}
    return PaymentMethod.objects.create(provider=provider, kind=kind, brand=brand, last4=last4, **given)


def order_of(provider):
    """What is on file, the default first."""
    return [str(method) for method in PaymentMethod.objects.filter(provider=provider).on_file()]


def work():
    """A run of the worker's task."""
    return work_setups(timezone.now)


def start(browser, kind="card", **form):
    """Go to the form and on; the setup that waits for the worker."""
    answer = browser.post(reverse("method-new", args=[kind]), form)
    assert answer.status_code == 303, answer.content.decode()
    return MethodSetup.objects.get(pk=answer.headers["Location"].split("/")[-2])


def opened(setup):
    """The setup once the worker has opened the page."""
    work()
    setup.refresh_from_db()
    assert setup.state == "open", setup.failure
    return setup


def come_back(browser, setup, outcome="returned"):
    """Come back from the page, and wait for the worker."""
    browser.post(reverse("method-adding", args=[setup.pk]), {"outcome": outcome})
    work()
    setup.refresh_from_db()
    return setup


def add(browser, stand_in, details=VISA, kind="card", **form):
    """The whole way with that card or account; the setup as it ended."""
    setup = opened(start(browser, kind, **form))
    status, leads_to, page = stand_in.pay_page(setup.url, **details)
    assert (status, leads_to.endswith(reverse("method-back", args=[setup.pk]))) == (303, True), page
    return come_back(browser, setup)
