"""Adding a payment method on the payment provider's page: the way there and back, and everything that may go wrong on it."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from billing import psp
from billing.actions import working_setups
from billing.actions.adding_methods import add_method
from billing.actions.working_setups import work_setups
from billing.bounds import MOST_METHODS, MOST_SETUPS, SETUP_LASTS, SETUP_OPENS_WITHIN
from billing.hosted import is_hosted
from billing.models import BillingAccount, Charge, MethodSetup, PaymentMethod
from msp_portal.lib import outbox
from msp_portal.lib.models import OutboxMessage
from tests.billing import methods
from tests.billing.books import live_at, words_of
from tests.billing.methods import VISA, add, come_back, on_file, opened, order_of, start, work
from tests.cast import sign_in
from tests.services.stand_in import GOOD_ACCOUNT

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(northwind):
    return northwind.provider


@pytest.fixture
def owner(client, northwind, stand_in):
    return sign_in(client, northwind.owner)


def follow(browser, setup, **headers):
    return browser.get(reverse("method-adding", args=[setup.pk]), headers=headers)


def fail_at(monkeypatch, name, fault):
    def failing(**_asked):
        raise fault

    monkeypatch.setattr(psp, name, failing)


def at(moment):
    work_setups(lambda: moment)


class TestTheWayThere:
    def test_begins_with_a_row_and_no_call(self, owner, stand_in):
        setup = start(owner)
        assert (setup.state, setup.url) == ("opening", "")
        assert stand_in.objects("customer") == []

    def test_is_followed_until_the_worker_has_opened_the_page(self, owner):
        setup = start(owner)
        assert "Opening the payment provider's page" in words_of(follow(owner, setup))
        opened(setup)
        assert follow(owner, setup, HX_Request="true").headers["HX-Redirect"] == setup.url

    def test_leads_on_without_javascript_by_a_page_that_no_form_leads_to(self, owner):
        setup = start(owner)
        going = reverse("method-going", args=[setup.pk])
        assert f"2; url={going}" in follow(owner, setup).content.decode()
        assert owner.get(going).headers["Location"] == reverse("method-adding", args=[setup.pk])
        opened(setup)
        assert follow(owner, setup).status_code == 200  # the form's own redirect ends here
        assert owner.get(going).headers["Location"] == setup.url

    def test_leads_nobody_else_there(self, owner, northwind, billed):
        setup = opened(start(owner))
        for other in (northwind.by_role[Role.BILLING_ONLY], billed.bluefin.owner):
            stranger = sign_in(Client(), other)
            for name in ("method-adding", "method-going", "method-back", "method-cancelled"):
                assert stranger.get(reverse(name, args=[setup.pk])).status_code == 404
        assert owner.get(reverse("method-going", args=[setup.pk])).status_code == 302

    def test_asks_for_the_password_first(self, client, northwind, stand_in):
        stale = sign_in(client, northwind.owner, fresh=False)
        for answer in (stale.get(reverse("method-new", args=["card"])), stale.post(reverse("method-new", args=["card"]))):
            assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
        assert not MethodSetup.objects.exists()

    def test_is_not_offered_without_a_payment_provider(self, client, northwind, settings):
        settings.PSP_SECRET_KEY = ""
        browser = sign_in(client, northwind.owner)
        shown = words_of(browser.get(reverse("billing")))
        assert "not connected to a payment provider" in shown
        assert "by bank transfer" in shown
        assert "Add a card" not in shown
        refused = browser.post(reverse("method-new", args=["card"]))
        assert refused.status_code == 422
        assert refused.context["form"].refusal.code == "no_payment_provider"

    def test_is_no_way_for_another_kind(self, owner):
        assert owner.get(reverse("method-new", args=["cheque"])).status_code == 404

    def test_is_refused_at_the_bounds(self, owner, provider):
        for number in range(MOST_METHODS):
            on_file(provider, last4=f"{number:04}")
        assert owner.post(reverse("method-new", args=["card"])).context["form"].refusal.code == "too_many_methods"
        PaymentMethod.objects.update(removed_at=timezone.now())
        for _ in range(MOST_SETUPS):
            start(owner)
        assert owner.post(reverse("method-new", args=["card"])).context["form"].refusal.code == "too_many_setups"


class TestTheCustomer:
    def test_is_made_once_for_two_setups(self, owner, stand_in, provider):
        start(owner), start(owner)
        work()
        work()
        (customer,) = stand_in.objects("customer")
        assert BillingAccount.objects.get(provider=provider).psp_customer == customer["id"]

    def test_is_the_same_when_the_worker_was_killed_before_it_was_kept(self, owner, stand_in, provider):
        opened(start(owner))
        BillingAccount.objects.update(psp_customer="")
        opened(start(owner))
        assert [BillingAccount.objects.get().psp_customer] == [one["id"] for one in stand_in.objects("customer")]


class TestTheWayBack:
    def test_adds_the_card_as_the_default(self, owner, stand_in, provider, northwind):
        setup = add(owner, stand_in)
        method = PaymentMethod.objects.get()
        assert (setup.state, setup.method) == ("done", method)
        assert (str(method), method.place, method.added_by) == ("Visa •••• 4242", 1, northwind.owner.name)
        assert f"{method.expires_on}" == "2034-12-31"
        shown = words_of(follow(owner, setup))
        assert "Visa •••• 4242 was added. It is your default payment method." in shown

    def test_keeps_the_token_sealed(self, owner, stand_in):
        add(owner, stand_in)
        (token,) = (one["id"] for one in stand_in.objects("payment_method"))
        method = PaymentMethod.objects.get()
        assert token not in json.dumps([method.sealed_token, method.token_digest, method.fingerprint])
        assert methods.tokens.opened(method.sealed_token) == token
        assert methods.tokens.digest(token) == method.token_digest

    def test_changes_nothing_by_being_read(self, owner, stand_in):
        setup = opened(start(owner))
        for name in ("method-back", "method-cancelled"):
            assert owner.get(reverse(name, args=[setup.pk])).status_code == 200
        setup.refresh_from_db()
        assert setup.state == "open"

    def test_needs_no_password_however_long_the_page_took(self, northwind, owner, stand_in):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        assert come_back(sign_in(Client(), northwind.owner, fresh=False), setup).state == "done"

    def test_puts_a_second_one_behind_or_first_as_asked(self, owner, stand_in, provider):
        add(owner, stand_in)
        add(owner, stand_in, methods.MASTERCARD)
        assert order_of(provider) == ["Visa •••• 4242", "Mastercard •••• 4444"]
        add(owner, stand_in, GOOD_ACCOUNT, "bank_account", make_default="on")
        assert order_of(provider) == ["TEST BANK •••• 6789", "Visa •••• 4242", "Mastercard •••• 4444"]

    def test_takes_a_card_that_asks_for_a_confirmation(self, owner, stand_in):
        setup = opened(start(owner))
        _status, bank, _page = stand_in.pay_page(setup.url, **{**VISA, "number": "4000002500003155"})
        assert "/confirm/" in bank
        assert come_back(owner, setup).state == "failed"
        assert "Nothing was added" in words_of(follow(owner, setup))
        stand_in.answer_page(bank)
        MethodSetup.objects.update(state="returned")
        work()
        assert PaymentMethod.objects.get().last4 == "3155"

    def test_offers_to_pay_what_is_open(self, owner, stand_in):
        setup = add(owner, stand_in)
        assert "37.50 USD is open" in words_of(follow(owner, setup))

    def test_is_noted_and_told_to_those_who_pay(self, owner, stand_in, provider, northwind):
        live_at(provider)
        add(owner, stand_in)
        noted = AuditEvent.objects.get(action="billing.method.added")
        assert (noted.actor_id, noted.target_name) == (northwind.owner.pk, "Visa •••• 4242")
        outbox.sweep(timezone.now)
        told = {message.to[0]: message for message in mail.outbox}
        assert set(told) == {
            "grace@northwind.example",
            "invoices@northwind.example",
            northwind.owner.email,
            northwind.by_role[Role.BILLING_ONLY].email,
        }
        assert told[northwind.owner.email].subject == "Visa •••• 4242 was added"
        assert northwind.owner.name in told[northwind.owner.email].body

    def test_adds_once_however_often_it_is_read(self, owner, stand_in):
        setup = add(owner, stand_in)
        MethodSetup.objects.filter(pk=setup.pk).update(state="returned", settled_at=None, method=None)
        work()
        setup.refresh_from_db()
        assert (setup.state, setup.method, PaymentMethod.objects.count()) == ("done", PaymentMethod.objects.get(), 1)
        assert not OutboxMessage.objects.filter(kind="psp.detach").exists()

    def test_of_the_same_card_adds_no_second_row_and_takes_it_away_again(self, owner, stand_in, provider):
        add(owner, stand_in)
        setup = add(owner, stand_in)
        assert (setup.state, setup.failure) == ("failed", "on_file")
        assert "Visa •••• 4242 : It is on file already" in words_of(follow(owner, setup))
        assert order_of(provider) == ["Visa •••• 4242"]
        outbox.sweep(timezone.now)
        assert sorted(bool(one["customer"]) for one in stand_in.objects("payment_method")) == [False, True]

    def test_refuses_once_however_often_it_is_read(self, owner, stand_in):
        add(owner, stand_in)
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        facts = psp.method_of_session(session_id=setup.session_id)
        for _ in range(2):
            add_method(setup_id=setup.pk, facts=facts, at=timezone.now())
        assert OutboxMessage.objects.filter(kind="psp.detach").count() == 1
        assert AuditEvent.objects.filter(action="refused.method_on_file", outcome="refused").count() == 1

    def test_without_a_method_says_so(self, owner):
        setup = come_back(owner, opened(start(owner)))
        assert (setup.state, setup.failure) == ("failed", "not_finished")
        assert reverse("method-new", args=["card"]) in follow(owner, setup).content.decode()

    def test_by_cancelling_says_so(self, owner):
        setup = come_back(owner, opened(start(owner)), "cancelled")
        assert (setup.state, bool(setup.settled_at)) == ("cancelled", True)
        assert "without adding anything" in words_of(follow(owner, setup))

    def test_may_still_add_after_cancelling(self, owner, stand_in):
        setup = come_back(owner, opened(start(owner)), "cancelled")
        stand_in.pay_page(setup.url, **VISA)
        assert come_back(owner, setup).state == "done"

    def test_takes_no_other_word(self, owner):
        setup = opened(start(owner))
        assert come_back(owner, setup, "done").state == "open"

    def test_adds_nothing_for_one_who_lost_the_role_meanwhile(self, owner, northwind, stand_in, provider):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        owner.post(reverse("method-adding", args=[setup.pk]), {"outcome": "returned"})
        other = northwind.by_role[Role.ADMINISTRATOR]
        type(other).objects.filter(pk=other.pk).update(role=Role.ADMINISTRATOR_WITH_BILLING)  # there must be one
        type(other).objects.filter(pk=northwind.owner.pk).update(role=Role.READ_ONLY)
        work()
        setup.refresh_from_db()
        assert (setup.state, setup.failure, order_of(provider)) == ("failed", "not_allowed", [])
        assert follow(owner, setup).status_code == 403

    def test_adds_nothing_that_belongs_to_another_customer(self, owner, stand_in, provider):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        BillingAccount.objects.update(psp_customer="cus_another")
        assert come_back(owner, setup).failure == "not_ours"
        assert order_of(provider) == []
        assert not OutboxMessage.objects.filter(kind="psp.detach").exists()


class TestReplacing:
    def replace(self, browser, stand_in, method, details):
        answer = browser.post(reverse("method-replacement", args=[method.pk]))
        setup = opened(MethodSetup.objects.get(pk=answer.headers["Location"].split("/")[-2]))
        stand_in.pay_page(setup.url, **details)
        return come_back(browser, setup)

    def test_takes_the_place_and_takes_the_old_one_away(self, owner, stand_in, provider):
        first = add(owner, stand_in).method
        add(owner, stand_in, methods.MASTERCARD)
        setup = self.replace(owner, stand_in, first, {**VISA, "number": "378282246310005"})
        assert order_of(provider) == ["American Express •••• 0005", "Mastercard •••• 4444"]
        assert "Visa •••• 4242 was removed." in words_of(follow(owner, setup))
        noted = AuditEvent.objects.get(action="billing.method.replaced")
        assert noted.details["replaced"] == "Visa •••• 4242"
        outbox.sweep(timezone.now)
        assert sorted(bool(one["customer"]) for one in stand_in.objects("payment_method")) == [False, True, True]

    def test_by_the_same_card_gives_it_a_new_expiry_date(self, owner, stand_in, provider):
        first = add(owner, stand_in).method
        self.replace(owner, stand_in, first, {**VISA, "expiry": "11/39"})
        (method,) = PaymentMethod.objects.filter(provider=provider).on_file()
        assert (f"{method.expires_on}", method.place) == ("2039-11-30", 1)

    def test_of_one_that_was_removed_meanwhile_is_adding(self, owner, stand_in, provider):
        first = add(owner, stand_in).method
        answer = owner.post(reverse("method-replacement", args=[first.pk]))
        setup = opened(MethodSetup.objects.get(pk=answer.headers["Location"].split("/")[-2]))
        stand_in.pay_page(setup.url, **methods.MASTERCARD)
        PaymentMethod.objects.filter(pk=first.pk).update(removed_at=timezone.now())
        assert come_back(owner, setup).state == "done"
        assert order_of(provider) == ["Mastercard •••• 4444"]

    def test_waits_for_a_charge_under_way(self, owner, northwind, provider):
        method = on_file(provider)
        charge(northwind, method)
        refused = owner.post(reverse("method-replacement", args=[method.pk]))
        assert refused.context["form"].refusal.code == "method_in_use"
        Charge.objects.update(state="failed")
        assert owner.post(reverse("method-replacement", args=[method.pk])).status_code == 303


class TestAPaymentProviderInTrouble:
    def test_is_asked_again_and_the_person_told_in_the_end(self, owner, stand_in, monkeypatch):
        setup = start(owner)
        stand_in.fault("500_before", "/v1/checkout/sessions")
        work()
        setup.refresh_from_db()
        assert setup.state == "opening"
        fail_at(monkeypatch, "open_setup", psp.Unknown("no answer"))
        at(setup.started_at + SETUP_OPENS_WITHIN)
        assert "does not answer at the moment" in words_of(follow(owner, setup))

    def test_opens_with_the_next_run(self, owner, stand_in):
        setup = start(owner)
        stand_in.fault("drop_after", "/v1/customers")
        work()
        assert opened(setup).url
        assert len(stand_in.objects("customer")) == 1

    def test_is_waited_for_when_someone_came_back(self, owner, stand_in):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        stand_in.fault("500_before", "/v1/checkout/sessions")
        assert come_back(owner, setup).state == "returned"
        assert "Reading what was added" in words_of(follow(owner, setup))
        work()
        assert PaymentMethod.objects.count() == 1

    def test_that_refuses_ends_it(self, owner, monkeypatch):
        setup = start(owner)
        fail_at(monkeypatch, "open_setup", psp.Refused("bank_currency"))
        work()
        assert "can't be debited in the currency" in words_of(follow(owner, setup))

    def test_keeps_nobody_else_waiting(self, owner, monkeypatch):
        broken, other = start(owner), start(owner)
        real = psp.open_setup

        def open_setup(**asked):
            if broken.pk in asked["return_url"]:
                raise ValueError("broken")
            return real(**asked)

        monkeypatch.setattr(psp, "open_setup", open_setup)
        with pytest.raises(ExceptionGroup, match="setups of payment methods"):
            work()
        other.refresh_from_db()
        assert other.state == "open"

    @pytest.mark.parametrize("url", ["https://evil.example/pay", "javascript:alert(1)", ""])
    def test_that_names_another_host_is_not_followed(self, owner, monkeypatch, url):
        setup = start(owner)
        monkeypatch.setattr(psp, "open_setup", lambda **_: psp.HostedPage(url=url, session_id="cs_1"))
        work()
        setup.refresh_from_db()
        assert (setup.state, setup.failure, setup.url) == ("failed", "refused", "")

    def test_is_not_followed_to_an_address_that_changed_in_the_table(self, owner):
        setup = opened(start(owner))
        MethodSetup.objects.update(url="https://evil.example/pay")
        assert owner.get(reverse("method-going", args=[setup.pk])).status_code == 404


class TestTheHostedOrigin:
    @pytest.mark.parametrize(
        ("origin", "url", "loopback", "good"),
        [
            ("https://pay.example", "https://pay.example/c/1", False, True),
            ("https://pay.example", "https://pay.example.evil.example/c/1", True, False),
            ("https://pay.example", "https://pay.example@evil.example/c/1", True, False),
            ("http://pay.example", "http://pay.example/c/1", True, False),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/pay/1", True, True),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/pay/1", False, False),
        ],
    )
    def test_is_the_only_one_and_never_in_the_clear(self, settings, origin, url, loopback, good):
        settings.PSP_HOSTED_ORIGIN, settings.LOOPBACK = origin, loopback
        assert is_hosted(url) is good


class TestASetupThatNobodyFinishes:
    def test_is_looked_at_after_a_day_and_closed(self, owner):
        setup = opened(start(owner))
        at(setup.started_at + SETUP_LASTS - timedelta(minutes=1))
        setup.refresh_from_db()
        assert setup.state == "open"
        at(setup.started_at + SETUP_LASTS)
        setup.refresh_from_db()
        assert (setup.state, setup.failure) == ("failed", "not_finished")

    @pytest.mark.parametrize("days", [1, 3], ids=["after a day", "after a worker slept for three"])
    def test_adds_what_was_added_by_one_who_never_came_back(self, owner, stand_in, days):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        at(setup.started_at + days * SETUP_LASTS)
        setup.refresh_from_db()
        assert (PaymentMethod.objects.count(), setup.state) == (1, "done")

    def test_ends_even_if_the_payment_provider_never_answers(self, owner, monkeypatch):
        setup = opened(start(owner))
        fail_at(monkeypatch, "method_of_session", psp.Unknown("no answer"))
        at(setup.started_at + 2 * SETUP_LASTS)
        setup.refresh_from_db()
        assert (setup.state, setup.failure) == ("failed", "too_late")


class TestAWebhook:
    def deliver(self, setup, kind="checkout.session.completed", event="evt_1"):
        from billing.actions import webhooks

        told = psp.Event(event, kind, timezone.now(), {"object": "checkout.session", "id": setup.session_id})
        webhooks.receive(told, at=timezone.now())
        webhooks.work_inbox(timezone.now)
        return webhooks.WebhookEvent.objects.get(pk=event).outcome

    def test_of_a_finished_page_adds_without_the_person(self, owner, stand_in):
        setup = opened(start(owner))
        stand_in.pay_page(setup.url, **VISA)
        assert self.deliver(setup) == "applied"
        work()
        assert PaymentMethod.objects.count() == 1

    def test_after_the_return_adds_nothing_more(self, owner, stand_in):
        setup = add(owner, stand_in)
        self.deliver(setup)
        work()
        setup.refresh_from_db()
        assert (setup.state, PaymentMethod.objects.count()) == ("done", 1)

    def test_takes_back_that_nothing_was_added(self, owner, stand_in):
        setup = come_back(owner, opened(start(owner)))
        assert setup.state == "failed"
        stand_in.pay_page(setup.url, **VISA)
        self.deliver(setup)
        work()
        setup.refresh_from_db()
        assert (setup.state, setup.failure) == ("done", "")

    def test_of_another_page_is_ignored(self, owner):
        setup = opened(start(owner))
        assert self.deliver(MethodSetup(session_id="cs_other")) == "ignored"
        assert self.deliver(MethodSetup(session_id=""), event="evt_2") == "ignored"
        setup.refresh_from_db()
        assert setup.state == "open"


class TestTwoWorkersAtOnce:
    """On committed rows."""

    @pytest.fixture
    def setup_of(self, committed, cast, stand_in):
        browser = sign_in(Client(), cast.northwind.owner)
        return lambda: start(browser)

    def test_open_one_page_for_one_customer(self, committed, setup_of, stand_in):
        setup = setup_of()
        assert committed.together([work] * 4).count(None) == 0
        setup.refresh_from_db()
        assert setup.state == "open"
        assert len(stand_in.objects("customer")) == 1

    def test_add_one_method(self, committed, setup_of, stand_in):
        setup = opened(setup_of())
        stand_in.pay_page(setup.url, **VISA)
        MethodSetup.objects.update(state="returned")
        outcomes = committed.together([work] * 4)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert PaymentMethod.objects.count() == 1
        assert AuditEvent.objects.filter(action="billing.method.added").count() == 1


def charge(northwind, method):
    return Charge.objects.create(
        provider=northwind.provider,
        invoice=northwind.overage,
        method=method,
        attempt=1,
        reason="pay_now",
        amount=1,
        currency="USD",
        intended_at=timezone.now(),
    )


def test_no_page_of_ours_has_a_field_for_a_number(owner, stand_in, provider):
    method, setup = on_file(provider), opened(start(owner))
    paths = [reverse("billing"), reverse("method-new", args=["card"]), reverse("method-new", args=["bank_account"])]
    paths += [reverse(f"method-{name}", args=[method.pk]) for name in ("replacement", "removal")]
    paths += [reverse(f"method-{name}", args=[setup.pk]) for name in ("adding", "back", "cancelled")]
    for path in paths:
        page = owner.get(path)
        assert page.status_code == 200
        fields = page.content.decode().lower()
        assert not any(word in fields for word in ('inputmode="numeric"', "cc-number", "cvc", 'name="number"', "iban"))
        assert urlsplit(setup.url).netloc not in page.headers["Content-Security-Policy"]


def test_working_setups_calls_nobody_inside_a_transaction(owner, stand_in, monkeypatch):
    """Every call is made with no scope open and no transaction but the test's own."""
    from django.db import connection

    depths = []
    for name in ("ensure_customer", "open_setup", "method_of_session"):
        real = getattr(psp, name)

        def watched(_real=real, **asked):
            depths.append(len(connection.savepoint_ids))
            return _real(**asked)

        monkeypatch.setattr(working_setups.psp, name, watched)
    outside = len(connection.savepoint_ids)
    add(owner, stand_in)
    assert depths == [outside] * 3
