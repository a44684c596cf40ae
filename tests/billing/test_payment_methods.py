"""The payment methods on file: the panel, the default, the order of the backups, removal, and cards that expire."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from billing.actions.card_expiry import tell_of_expiry
from billing.actions.methods import place_in_order
from billing.models import BillingInformation, Charge, PaymentMethod
from msp_portal.lib import outbox
from msp_portal.lib.models import OutboxMessage
from tests.billing.books import days_after, live_at, pay, sign, words_of
from tests.billing.methods import add, on_file, order_of
from tests.cast import sign_in
from tests.usage.history import utc

pytestmark = pytest.mark.django_db
NOON = utc(2026, 6, 10, 12)


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def four(northwind):
    """Visa, Mastercard, Amex, and a bank account."""
    provider = northwind.provider
    cards = [on_file(provider, brand, str(1111 * number)) for number, brand in enumerate(("Visa", "Mastercard", "Amex"), start=1)]
    return [*cards, on_file(provider, "First Bank", "4444", kind="bank_account")]


def act(browser, name, method, **posted):
    headers = {"HX-Request": "true"} if posted.pop("htmx", False) else {}
    return browser.post(reverse(f"method-{name}", args=[method.pk]), posted, headers=headers)


def brands(northwind):
    return [words.split(" •")[0] for words in order_of(northwind.provider)]


class TestThePanel:
    def test_lists_the_default_and_the_backups_with_what_expires(self, owner, northwind, settings):
        settings.PSP_SECRET_KEY = "sk_test"
        today = timezone.now().date()
        on_file(northwind.provider, expires_on=today + timedelta(days=10))
        on_file(northwind.provider, "Amex", "0005", expires_on=date(2020, 5, 31))
        on_file(northwind.provider, "Mastercard", "4444", expires_on=today + timedelta(days=100))
        words = words_of(owner.get(reverse("billing")))
        assert "Visa •••• 4242 Default Expires soon Expires in" in words
        assert "Amex •••• 0005 Backup Expired Expired in May 2020" in words
        assert "Mastercard •••• 4444 Backup Expires in" in words
        assert "Add a bank account" in words

    def test_offers_what_each_place_allows(self, owner, four):
        page = owner.get(reverse("billing")).content.decode()
        ups = [f'id="up-{method.pk}"' in page for method in four]
        downs = [f'id="down-{method.pk}"' in page for method in four]
        defaults = [f'id="default-{method.pk}"' in page for method in four]
        assert (ups, downs) == ([False, False, True, True], [False, True, True, False])
        assert defaults == [False, True, True, True]

    @pytest.mark.parametrize(("currency", "offered"), [("EUR", True), ("GBP", False)])
    def test_offers_a_bank_account_where_it_can_be_debited(self, client, billed, settings, currency, offered):
        settings.PSP_SECRET_KEY = "sk_test"
        sign(billed.bluefin.provider, currency=currency)
        words = words_of(sign_in(client, billed.bluefin.owner).get(reverse("billing")))
        assert "Add a card" in words
        assert ("Add a bank account" in words) == offered


class TestMakingTheDefault:
    def test_puts_it_first_and_keeps_the_order_of_the_others(self, owner, northwind, four):
        assert act(owner, "default", four[2]).status_code == 303
        assert brands(northwind) == ["Amex", "Visa", "Mastercard", "First Bank"]
        noted = AuditEvent.objects.get(action="billing.method.default")
        assert (noted.details["before"], noted.details["after"]) == ("Visa •••• 1111", "Amex •••• 3333")

    def test_offers_to_pay_what_is_open(self, owner, four, northwind):
        answer = act(owner, "default", four[1], htmx=True)
        assert "37.50 USD is open" in words_of(answer)
        assert answer.headers["HX-Retarget"] == "#methods"
        page = act(owner, "default", four[0], follow=True)
        assert "37.50 USD is open" in words_of(owner.get(page.headers["Location"]))
        assert "is open" not in words_of(owner.get(reverse("billing"))).replace("Nothing is open", "")

    def test_offers_nothing_where_nothing_is_open(self, owner, four, northwind):
        pay(northwind.overage, "37.50")
        assert "is open" not in words_of(act(owner, "default", four[1], htmx=True))

    def test_of_the_default_changes_nothing(self, owner, four, northwind):
        act(owner, "default", four[0])
        assert brands(northwind)[0] == "Visa"
        assert not AuditEvent.objects.filter(action="billing.method.default").exists()

    def test_needs_a_fresh_password_and_the_role(self, client, northwind, four):
        stale = act(sign_in(client, northwind.owner, fresh=False), "default", four[1])
        assert stale.headers["Location"].startswith(reverse("account_reauthenticate"))
        assert act(sign_in(client, northwind.by_role[Role.ADMINISTRATOR]), "default", four[1]).status_code == 403
        assert brands(northwind)[0] == "Visa"

    def test_reaches_no_other_msps(self, client, billed, four):
        assert act(sign_in(client, billed.bluefin.owner), "default", four[1]).status_code == 404


class TestMovingABackup:
    @pytest.mark.parametrize(
        ("which", "step", "order"),
        [
            (2, -1, ["Visa", "Amex", "Mastercard", "First Bank"]),
            (2, 1, ["Visa", "Mastercard", "First Bank", "Amex"]),
            (1, -1, ["Visa", "Mastercard", "Amex", "First Bank"]),
            (3, 1, ["Visa", "Mastercard", "Amex", "First Bank"]),
            (0, 1, ["Visa", "Mastercard", "Amex", "First Bank"]),
        ],
        ids=["up", "down", "not above the default", "not below the last", "not the default"],
    )
    def test_changes_places_among_the_backups_only(self, owner, northwind, four, which, step, order):
        assert act(owner, "place", four[which], step=step).status_code == 303
        assert brands(northwind) == order
        moved = order != ["Visa", "Mastercard", "Amex", "First Bank"]
        assert AuditEvent.objects.filter(action="billing.method.moved").exists() == moved

    def test_takes_no_other_step(self, owner, northwind, four):
        assert act(owner, "place", four[2], step=-2, htmx=True).status_code == 422
        assert brands(northwind) == ["Visa", "Mastercard", "Amex", "First Bank"]

    def test_of_one_removed_meanwhile_says_so(self, owner, northwind, four, monkeypatch):
        from billing.actions import methods

        def too_late(provider_id):
            PaymentMethod.objects.filter(pk=four[2].pk).update(removed_at=timezone.now())
            return list(PaymentMethod.objects.filter(provider_id=provider_id).on_file())

        monkeypatch.setattr(methods, "methods_in_order", too_late)
        refused = act(owner, "place", four[2], step=-1, htmx=True)
        assert refused.status_code == 422
        assert "The payment method was removed." in words_of(refused)


class TestTheOrder:
    def test_can_be_any_at_once(self, northwind, four):
        place_in_order(four[::-1])
        assert brands(northwind) == ["First Bank", "Amex", "Mastercard", "Visa"]
        assert [method.place for method in PaymentMethod.objects.order_by("place")] == [1, 2, 3, 4]

    def test_holds_when_two_change_it_at_the_same_instant(self, committed, cast):
        from billing.actions.methods import make_default, move_method

        provider, owner = cast.northwind.provider, cast.northwind.owner
        methods = [on_file(provider, "Visa", f"{number:04}") for number in range(6)]
        calls = [
            lambda method=method: make_default(method=PaymentMethod.objects.get(pk=method.pk), by=owner, at=timezone.now())
            for method in methods[1:4]
        ]
        calls += [
            lambda method=method: move_method(
                method=PaymentMethod.objects.get(pk=method.pk), step=-1, by=owner, at=timezone.now()
            )
            for method in methods[4:]
        ]
        outcomes = committed.together(calls)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert [method.place for method in PaymentMethod.objects.order_by("place")] == [1, 2, 3, 4, 5, 6]


class TestRemoving:
    def test_asks_first_and_says_who_follows(self, owner, four):
        words = words_of(owner.get(reverse("method-removal", args=[four[0].pk])))
        assert "Remove Visa •••• 1111?" in words
        assert "Mastercard •••• 2222 becomes the default." in words
        assert PaymentMethod.objects.filter(removed_at=None).count() == 4

    def test_of_the_default_promotes_the_next(self, owner, northwind, four):
        assert act(owner, "removal", four[0]).status_code == 303
        assert brands(northwind) == ["Mastercard", "Amex", "First Bank"]
        assert PaymentMethod.objects.on_file().first().is_default
        assert AuditEvent.objects.get(action="billing.method.removed").target_name == "Visa •••• 1111"

    def test_takes_it_away_from_the_payment_provider_once(self, owner, northwind, stand_in):
        add(owner, stand_in)
        add(owner, stand_in, {"number": "5555555555554444", "expiry": "12/34", "name": "Grace"})
        act(owner, "removal", PaymentMethod.objects.on_file().last())
        message = OutboxMessage.objects.get(kind="psp.detach")
        stand_in.fault("drop_after", "detach")
        outbox.sweep(timezone.now)
        message.refresh_from_db()
        assert (message.sent_at, message.attempts) == (None, 1)
        outbox.sweep(lambda: days_after(timezone.now(), 1))  # it was taken away before, which is as it should be
        message.refresh_from_db()
        assert message.sent_at
        assert sorted(bool(one["customer"]) for one in stand_in.objects("payment_method")) == [False, True]

    def test_is_tried_again_when_we_may_not_ask(self, owner, northwind, stand_in, settings):
        add(owner, stand_in)
        pay(northwind.overage, "37.50")
        act(owner, "removal", PaymentMethod.objects.get())
        settings.PSP_SECRET_KEY = "sk_test_wrong"
        outbox.sweep(timezone.now)
        assert OutboxMessage.objects.get(kind="psp.detach").sent_at is None

    def test_is_refused_for_the_last_one_while_something_is_open(self, owner, northwind):
        method = on_file(northwind.provider)
        assert act(owner, "removal", method).context["form"].refusal.code == "last_method"
        assert AuditEvent.objects.filter(action="refused.last_method").exists()
        pay(northwind.overage, "37.50")
        assert act(owner, "removal", method).status_code == 303
        assert order_of(northwind.provider) == []

    def test_waits_for_a_charge_under_way(self, owner, northwind, four):
        Charge.objects.create(
            provider=northwind.provider,
            invoice=northwind.overage,
            method=four[1],
            attempt=1,
            reason="pay_now",
            amount=1,
            currency="USD",
            intended_at=timezone.now(),
        )
        assert act(owner, "removal", four[1]).context["form"].refusal.code == "method_in_use"
        Charge.objects.update(state="failed")
        assert act(owner, "removal", four[1]).status_code == 303

    def test_is_told_to_those_who_pay(self, owner, northwind, four):
        live_at(northwind.provider, contact_email=northwind.owner.email.upper())
        act(owner, "removal", four[3])
        outbox.sweep(timezone.now)
        subjects = {message.to[0].lower(): message.subject for message in mail.outbox}
        assert len(mail.outbox) == len(subjects) == 3
        assert subjects[northwind.owner.email] == "First Bank •••• 4444 was removed"

    def test_of_one_that_is_gone_is_no_such_thing(self, owner, four):
        act(owner, "removal", four[0])
        assert act(owner, "removal", four[0]).status_code == 404

    def test_keeps_its_row(self, owner, four):
        act(owner, "removal", four[0])
        assert PaymentMethod.objects.get(pk=four[0].pk).removed_at


class TestACardThatExpires:
    def tell(self, at=NOON):
        return tell_of_expiry(at=at)

    @pytest.mark.parametrize(
        ("expires_on", "told"),
        [(date(2026, 7, 9), 1), (date(2026, 7, 10), 0), (date(2026, 6, 9), 1), (None, 0)],
        ids=["within 30 days", "in 30 days", "yesterday", "never"],
    )
    def test_is_told_of_thirty_days_ahead(self, northwind, expires_on, told):
        on_file(northwind.provider, expires_on=expires_on)
        assert self.tell() == told
        assert bool(OutboxMessage.objects.filter(kind="mail").exists()) == bool(told)

    def test_is_told_of_once(self, northwind):
        on_file(northwind.provider, expires_on=date(2026, 6, 30))
        assert (self.tell(), self.tell(), self.tell(days_after(NOON, 20))) == (1, 0, 0)

    def test_is_told_of_to_the_contacts_in_words(self, northwind):
        live_at(northwind.provider)
        on_file(northwind.provider, expires_on=date(2026, 6, 30))
        on_file(northwind.provider, "Amex", "0005", expires_on=date(2026, 5, 31))
        self.tell()
        outbox.sweep(timezone.now)
        said = {message.subject: message.body for message in mail.outbox if message.to == ["invoices@northwind.example"]}
        assert "expires at the end of June 2026" in said["Visa •••• 4242 expires soon"]
        assert "It is your default payment method" in said["Visa •••• 4242 expires soon"]
        assert "expired in May 2026" in said["Amex •••• 0005 has expired"]
        assert "one of your backups" in said["Amex •••• 0005 has expired"]

    def test_is_not_told_of_once_removed(self, northwind):
        on_file(northwind.provider, expires_on=date(2026, 6, 30), removed_at=NOON)
        assert self.tell() == 0

    def test_is_told_of_once_by_beats_at_the_same_instant(self, committed, cast):
        on_file(cast.northwind.provider, expires_on=date(2026, 6, 30))
        told = committed.together([self.tell] * 4)
        assert sum(told) == 1


class TestTheDatabase:
    """The public web process may order and remove; it may neither make a method nor read what is worked on by the worker."""

    def test_lets_the_web_process_change_places_only(self, committed, cast):
        from psycopg.errors import InsufficientPrivilege

        method = on_file(cast.northwind.provider)
        web = committed.connect("web", autocommit=True)

        def run(statement):
            with web.transaction():
                web.execute(
                    "select set_config('role', 'portal_tenant', true), set_config('portal.provider', %s, true), set_config('portal.reach', 'provider', true)",
                    [cast.northwind.pk],
                )
                return web.execute(statement, [method.pk]).rowcount

        assert run("update billing_paymentmethod set place = 3 where id = %s") == 1
        for column, value in (("sealed_token", "'x'"), ("expiry_told_at", "now()"), ("last4", "'0000'")):
            with pytest.raises(InsufficientPrivilege):
                run(f"update billing_paymentmethod set {column} = {value} where id = %s")
        with pytest.raises(InsufficientPrivilege):
            run("insert into billing_paymentmethod (id) values (%s)")
        with pytest.raises(InsufficientPrivilege):
            run("update billing_methodsetup set url = 'https://evil.example' where id = %s")


def test_the_contact_and_the_recipients_may_be_absent(owner, northwind, four):
    assert not BillingInformation.objects.exists()
    act(owner, "removal", four[3])
    assert OutboxMessage.objects.filter(kind="mail").count() == 2
