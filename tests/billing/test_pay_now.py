"""Paying by hand: what is offered, what is confirmed, and what is shown of it; and what happens in between."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Administrator, AuditEvent, Provider
from accounts.roles import Role
from billing.actions.payments import record_payment
from billing.hosted import may_confirm_at
from billing.models import Charge, PaymentMethod
from tests.billing.autopay_play import answer, charged, decline
from tests.billing.books import FIRST_OF_APRIL, issue_monthly_invoice, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db
URL = "/account/payments/pay/"


@pytest.fixture
def paying(paying):
    """Owing 37.50 USD and 140.00 USD."""
    paying.monthly = issue_monthly_invoice(contract=paying.contract, month=date(2026, 4, 1), by=None, at=FIRST_OF_APRIL)
    return paying


@pytest.fixture
def owner(client, paying):
    return sign_in(client, paying.owner)


def confirmed(client, *invoices, method=None, **values):
    """Post what the page offers for these invoices."""
    offered = client.get(URL, {"invoice": [one.pk for one in invoices], "method": method.pk if method else ""}).context["choice"]
    filled = {"invoices": offered.ids, "method": offered.method.pk, "seen": offered.seen, **values}
    return client.post(URL, filled)


def follow(client, response):
    return client.get(response.headers["Location"])


class TestTheOffer:
    def test_is_all_that_is_open_with_the_default_method(self, owner, paying):
        response = owner.get(URL)
        assert response.context["choice"].invoices == [paying.overage, paying.monthly]
        assert "Pay 177.50 USD now" in words_of(response)
        assert "With Visa •••• 4242" in words_of(response)

    def test_is_the_one_that_a_link_names(self, owner, paying):
        assert "Pay 37.50 USD now" in words_of(owner.get(URL, {"invoice": paying.overage.pk}))

    def test_turns_to_another_method_after_a_decline_where_there_is_one(self, owner, paying):
        asked = {"invoice": paying.overage.pk, "instead_of": paying.card.pk}
        assert "With First Bank •••• 6789" in words_of(owner.get(URL, asked))
        PaymentMethod.objects.filter(pk=paying.bank.pk).update(removed_at=FIRST_OF_APRIL)
        assert "With Visa •••• 4242" in words_of(owner.get(URL, asked))

    def test_follows_what_is_ticked(self, owner, paying):
        asked = {"ticked": "1", "invoice": paying.monthly.pk, "method": paying.bank.pk}
        part = owner.get(URL, asked, headers={"HX-Request": "true"})
        assert "Pay 140.00 USD now" in words_of(part)
        assert "First Bank •••• 6789" in words_of(part)
        assert part.content.decode().strip().startswith('<section class="panel" id="pay-confirm"')

    def test_of_nothing_says_so(self, owner):
        assert "Choose at least one invoice." in words_of(owner.get(URL, {"ticked": "1"}))

    def test_adds_up_by_currency(self, owner, paying):
        Provider.objects.filter(pk=paying.pk).update(name="Northwind")  # the contract's next version is in euros
        from tests.billing.books import sign

        euros = sign(paying.provider, committed=20, valid_from=date(2026, 5, 1), currency="EUR")
        issue_monthly_invoice(contract=euros, month=date(2026, 5, 1), by=None, at=FIRST_OF_APRIL)
        assert "Pay 177.50 USD + 200.00 EUR now" in words_of(owner.get(URL))

    def test_says_what_to_do_without_a_method(self, owner):
        PaymentMethod.objects.update(removed_at=FIRST_OF_APRIL)
        words = words_of(owner.get(URL))
        assert "No card or bank account is on file." in words
        assert "Pay 177.50" not in words

    def test_is_empty_when_all_is_paid(self, client, billed):
        assert "Nothing is left to pay" in words_of(sign_in(client, billed.bluefin.owner).get(URL))

    def test_leaves_out_what_is_under_way_and_leads_there(self, owner, paying):
        charge = charged(paying.overage, paying.card)
        response = owner.get(URL)
        assert response.context["choice"].invoices == [paying.monthly]
        assert reverse("payment-progress", args=[charge.pk]) in response.content.decode()

    def test_stands_on_payment_history_and_the_invoice(self, owner, paying):
        assert URL in owner.get(reverse("payments")).content.decode()
        page = owner.get(paying.overage.get_absolute_url()).content.decode()
        assert f"{URL}?invoice={paying.overage.pk}" in page


class TestConfirming:
    def test_means_a_charge_of_each_invoice(self, owner, paying):
        response = confirmed(owner, paying.overage, paying.monthly)
        assert response.status_code == 303
        made = Charge.objects.order_by("amount").values_list("amount", "reason", "state", "by")
        assert list(made) == [(Decimal(amount), "pay_now", "intended", str(paying.owner)) for amount in ("37.50", "140.00")]
        assert AuditEvent.objects.filter(action="billing.charge.intended").count() == 2
        assert words_of(follow(owner, response)).count("Being sent to the bank.") == 2

    def test_twice_charges_once_and_shows_the_same(self, owner, paying):
        filled = owner.get(URL).context["choice"]
        values = {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen}
        assert owner.post(URL, values).headers["Location"] == owner.post(URL, values).headers["Location"]
        assert Charge.objects.count() == 2

    def test_what_was_paid_in_the_meantime_pays_nothing_and_offers_the_rest(self, owner, paying):
        filled = owner.get(URL).context["choice"]
        record_payment(
            invoice=paying.overage, kind="bank_transfer", amount=Decimal("37.50"), reference="", by=None, at=FIRST_OF_APRIL
        )
        refused = owner.post(URL, {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen})
        assert refused.status_code == 422
        words = words_of(refused)
        assert "An invoice was paid in the meantime" in words
        assert "Pay 140.00 USD now" in words
        assert not Charge.objects.exists()

    def test_another_sum_than_the_person_saw_pays_nothing(self, owner, paying):
        filled = owner.get(URL, {"invoice": paying.overage.pk}).context["choice"]
        record_payment(invoice=paying.overage, kind="bank_transfer", amount=Decimal(30), reference="", by=None, at=FIRST_OF_APRIL)
        refused = owner.post(URL, {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen})
        assert "What is owed has changed in the meantime." in words_of(refused)
        assert "Pay 7.50 USD now" in words_of(refused)
        assert not Charge.objects.exists()

    def test_with_one_of_them_under_way_pays_nothing(self, owner, paying):
        filled = owner.get(URL).context["choice"]
        charged(paying.overage, paying.card)
        refused = owner.post(URL, {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen})
        assert "a payment of it is under way" in words_of(refused)
        assert Charge.objects.count() == 1

    def test_with_a_method_that_was_removed_pays_nothing(self, owner, paying):
        filled = owner.get(URL).context["choice"]
        PaymentMethod.objects.filter(pk=paying.card.pk).update(removed_at=FIRST_OF_APRIL)
        refused = owner.post(URL, {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen})
        assert "The payment method was removed in the meantime." in words_of(refused)
        assert "With First Bank •••• 6789" in words_of(refused)
        assert not Charge.objects.exists()

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"invoices": "x"},
            {"invoices": "0" * 24},
            {"invoices": ["\x00"], "method": "\x00", "seen": "\x00"},
            {"seen": "x" * 9000},
        ],
    )
    def test_nonsense_pays_nothing(self, owner, values):
        assert owner.post(URL, values).status_code == 422
        assert not Charge.objects.exists()

    def test_reaches_no_foreign_invoice_or_method(self, client, billed, paying):
        stranger = sign_in(client, billed.bluefin.owner)
        values = {"invoices": [paying.overage.pk], "method": paying.card.pk, "seen": f"{paying.overage.pk}:37.5"}
        assert stranger.post(URL, values).status_code == 422
        assert not Charge.objects.exists()

    def test_after_the_role_was_lost_changes_nothing(self, client, paying):
        clerk = paying.by_role[Role.BILLING_ONLY]
        filled = sign_in(client, clerk).get(URL).context["choice"]
        Administrator.objects.filter(pk=clerk.pk).update(role=Role.ADMINISTRATOR)
        refused = client.post(URL, {"invoices": filled.ids, "method": filled.method.pk, "seen": filled.seen})
        assert refused.status_code == 403
        assert not Charge.objects.exists()
        assert AuditEvent.objects.filter(action="refused.edit_billing").count() == 1

    def test_asks_who_it_is_after_a_while(self, client, paying):
        stale = sign_in(client, paying.owner, fresh=False)
        assert "/security/proof/" in stale.post(URL, {"invoices": [paying.overage.pk]}).headers["Location"]
        assert not Charge.objects.exists()

    def test_works_while_the_account_is_suspended_for_non_payment(self, owner, paying):
        Provider.objects.filter(pk=paying.pk).update(suspended_at=FIRST_OF_APRIL)
        for name in ("payments", "billing", "pay", "autopay"):
            assert owner.get(reverse(name)).status_code == 200
        assert confirmed(owner, paying.overage).status_code == 303


def shown(client, charge):
    return client.get(reverse("payment-progress", args=[charge.pk]))


class TestFollowing:
    def test_asks_again_by_itself_until_there_is_an_answer(self, owner, paying):
        charge = charged(paying.overage, paying.card)
        assert 'hx-trigger="every 2s"' in shown(owner, charge).content.decode()
        answer(charge)
        page = shown(owner, charge)
        assert "hx-trigger" not in page.content.decode().split('id="payment-progress"')[1]
        assert "Paid." in words_of(page)

    def test_says_why_it_failed_and_offers_another_method(self, owner, paying):
        page = shown(owner, decline(charged(paying.overage, paying.card)))
        assert "Not paid. The bank says there is not enough money in the account." in words_of(page)
        assert f"{URL}?invoice={paying.overage.pk}" in page.content.decode()

    def test_says_until_when_the_bank_takes(self, owner, paying):
        page = shown(owner, answer(charged(paying.overage, paying.bank), "processing"))
        assert "Under way with the bank, until about 8 May 2026." in words_of(page)

    def test_leads_to_the_bank_that_wants_a_confirmation(self, owner, paying):
        charge = answer(charged(paying.overage, paying.card), "requires_action", action_url="https://bank.example/3ds")
        assert 'href="https://bank.example/3ds"' in shown(owner, charge).content.decode()

    @pytest.mark.parametrize("url", ["http://bank.example/", "javascript:alert(1)", "//bank.example/", ""])
    def test_leads_nowhere_else(self, owner, paying, url):
        charge = answer(charged(paying.overage, paying.card), "requires_action", action_url=url)
        assert "Confirm at the bank" not in words_of(shown(owner, charge))

    def test_leads_to_the_stand_in_of_the_demo(self, settings):
        settings.LOOPBACK, settings.PSP_HOSTED_ORIGIN = True, "http://127.0.0.1:9000"
        assert may_confirm_at("http://127.0.0.1:9000/confirm/1")
        assert not may_confirm_at("http://127.0.0.1:9001/confirm/1")

    def test_finds_no_foreign_charge(self, client, billed, paying):
        charge = charged(paying.overage, paying.card)
        assert shown(sign_in(client, billed.bluefin.owner), charge).status_code == 404

    @pytest.mark.parametrize("ids", ["x", "0" * 24, "-".join(["0" * 24] * 51)])
    def test_finds_nothing_of_nonsense(self, owner, ids):
        assert owner.get(f"{URL}{ids}/").status_code == 404
