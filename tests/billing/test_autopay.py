"""Autopay as it is carried out: when, of whom, once; and its switch."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEvent, Provider
from accounts.roles import Role
from billing.actions import autopay
from billing.actions.autopay import charge_what_is_due
from billing.actions.payments import record_payment, record_refund
from billing.actions.settling import Told, settle_return
from billing.models import BillingAccount, Charge, PaymentMethod
from billing.psp import ReturnFacts
from tests.billing.autopay_play import (
    DUE,
    answer,
    charged,
    days_after_due,
    decline,
    made,
    on_file,
    switch_on,
)
from tests.billing.books import words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


def only_charge():
    return Charge.objects.order_by("-attempt").first()


class TestCharging:
    def test_takes_the_default_on_the_due_date(self, paying):
        assert charge_what_is_due(at=days_after_due(-1)) == 0
        assert charge_what_is_due(at=DUE) == 1
        charge = Charge.objects.get()
        assert (charge.amount, charge.method, charge.reason, charge.by) == (Decimal("37.50"), paying.card, "autopay", "")

    def test_is_done_once_however_often_it_runs(self, paying):
        assert [charge_what_is_due(at=DUE + timedelta(hours=hour)) for hour in range(3)] == [1, 0, 0]

    def test_falls_to_the_backup_the_same_day(self, paying):
        charge_what_is_due(at=DUE)
        decline(only_charge())
        charge_what_is_due(at=DUE + timedelta(hours=1))
        assert made() == [(0, "Visa", "autopay", "failed"), (0, "First Bank", "backup", "intended")]

    def test_tries_cards_again_and_ends(self, paying):
        for day in range(12):
            for hour in range(3):
                at = days_after_due(day, hours=hour)
                if charge_what_is_due(at=at):
                    decline(only_charge(), at=at)
        assert [(day, brand, reason) for day, brand, reason, _state in made()] == [
            (0, "Visa", "autopay"),
            (0, "First Bank", "backup"),
            (3, "Visa", "retry"),
            (5, "Visa", "retry"),
            (7, "Visa", "retry"),
        ]

    def test_begins_at_nine_of_the_providers_own_day(self, paying):
        Provider.objects.filter(pk=paying.pk).update(time_zone="America/Denver")
        begins = DUE.replace(hour=15)  # 09:00 in Denver
        assert charge_what_is_due(at=begins - timedelta(minutes=1)) == 0
        assert charge_what_is_due(at=begins) == 1

    def test_leaves_alone_who_did_not_ask_for_it(self, paying):
        BillingAccount.objects.update(autopay=False)
        assert charge_what_is_due(at=DUE) == 0

    def test_leaves_alone_what_is_over_the_ceiling(self, paying):
        switch_on(paying.provider, Decimal("37.49"))
        assert charge_what_is_due(at=DUE) == 0
        switch_on(paying.provider, Decimal("37.50"))
        assert charge_what_is_due(at=DUE) == 1

    def test_takes_what_is_still_owed(self, paying):
        record_payment(invoice=paying.overage, kind="bank_transfer", amount=Decimal(30), reference="", by=None, at=DUE)
        charge_what_is_due(at=DUE)
        assert only_charge().amount == Decimal("7.50")

    def test_does_not_take_again_what_was_refunded(self, paying):
        payment = record_payment(
            invoice=paying.overage, kind="bank_transfer", amount=Decimal("37.50"), reference="", by=None, at=DUE
        )
        record_refund(payment=payment, amount=Decimal(10), reference="Goodwill", by=None, at=DUE)
        assert charge_what_is_due(at=days_after_due(1)) == 0

    def test_charges_a_card_for_a_debit_that_came_back(self, paying):
        charge = answer(charged(paying.overage, paying.bank))
        facts = ReturnFacts("dp_1", charge.psp_id, charge.amount, "USD", "insufficient_funds", is_won=False, moves_money=True)
        settle_return(charge, facts, Told("charge.dispute.created", days_after_due(4)), at=days_after_due(4))
        assert charge_what_is_due(at=days_after_due(4)) == 1
        assert made()[-1] == (4, "Visa", "backup", "intended")

    def test_counts_no_charge_that_was_never_sent(self, paying):
        """Part of it was paid in the meantime, so the worker did not send it: the rest is charged the same day."""
        charge = charged(paying.overage, paying.card)
        Charge.objects.filter(pk=charge.pk).update(state="failed", decline_code="not_owed", settled_at=DUE)
        charge_what_is_due(at=DUE)
        assert made()[-1] == (0, "Visa", "autopay", "intended")

    def test_goes_on_with_others_when_one_fails(self, billed, paying, monkeypatch):
        bluefin = billed.bluefin.provider
        BillingAccount.objects.create(provider=bluefin, autopay=True, psp_customer="cus_2")
        true_plans = autopay.plans_of

        def broken(provider, *details):
            if provider.pk == bluefin.pk:
                raise ZeroDivisionError
            return true_plans(provider, *details)

        monkeypatch.setattr(autopay, "plans_of", broken)
        with pytest.raises(ExceptionGroup, match="what autopay charges today"):
            charge_what_is_due(at=DUE)
        assert made() == [(0, "Visa", "autopay", "intended")]


def post(client, **values):
    return client.post(reverse("autopay"), values)


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


class TestTheSwitch:
    def test_is_turned_on_with_a_ceiling_and_noted(self, owner, northwind):
        on_file(northwind.provider)
        assert post(owner, autopay="on", autopay_ceiling="500.00").status_code == 303
        account = BillingAccount.objects.get(provider=northwind.provider)
        assert (account.autopay, account.autopay_ceiling) == (True, Decimal(500))
        changes = AuditEvent.objects.get(action="billing.autopay.changed").details["changes"]
        assert changes["autopay"] == [False, True]
        assert "Invoices of up to 500.00 USD are charged on their due date." in words_of(owner.get(reverse("billing")))

    def test_is_refused_without_a_method(self, owner, northwind):
        refused = post(owner, autopay="on")
        assert refused.status_code == 422
        assert "there is nothing that autopay could charge" in words_of(refused)
        assert not BillingAccount.objects.filter(autopay=True).exists()
        assert AuditEvent.objects.filter(action="refused.no_payment_method").count() == 1

    def test_counts_no_method_that_was_removed(self, owner, northwind):
        on_file(northwind.provider, removed_at=DUE)
        assert post(owner, autopay="on").status_code == 422

    def test_can_be_turned_off_without_a_method(self, owner, northwind):
        switch_on(northwind.provider, Decimal(9))
        assert post(owner).status_code == 303
        account = BillingAccount.objects.get(provider=northwind.provider)
        assert (account.autopay, account.autopay_ceiling) == (False, None)

    def test_takes_back_the_ceiling_that_it_shows(self, owner, northwind):
        on_file(northwind.provider)
        post(owner, autopay="on", autopay_ceiling="5000")
        shown = owner.get(reverse("autopay")).context["form"]["autopay_ceiling"]
        assert 'value="5,000.00"' in str(shown)
        assert post(owner, autopay_ceiling="5,000.00").status_code == 303
        assert not BillingAccount.objects.get().autopay

    @pytest.mark.parametrize("ceiling", ["0", "-5", "1.234", "a lot", "9" * 13, "NaN"])
    def test_takes_no_ceiling_that_is_none(self, owner, northwind, ceiling):
        on_file(northwind.provider)
        refused = post(owner, autopay="on", autopay_ceiling=ceiling)
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["autopay_ceiling"])
        assert refused.context["form"]["autopay_ceiling"].value() == ceiling

    def test_has_no_ceiling_of_nothing_in_the_database(self, northwind):
        with pytest.raises(IntegrityError, match="ceilings_are_above_zero"), transaction.atomic():
            switch_on(northwind.provider, Decimal(0))

    def test_notes_nothing_when_nothing_changed(self, owner, northwind):
        on_file(northwind.provider)
        post(owner, autopay="on")
        post(owner, autopay="on")
        assert AuditEvent.objects.filter(action="billing.autopay.changed").count() == 1

    def test_says_what_would_come(self, owner, northwind, time_machine):
        on_file(northwind.provider)
        time_machine.move_to(days_after_due(-3), tick=False)
        words = words_of(sign_in(owner, northwind.owner).get(reverse("autopay")))
        assert "On 1 May 2026 Visa •••• 4242 is charged 37.50 USD. INV-2026-00001" in words

    def test_opens_in_the_dialog(self, owner):
        shown = owner.get(reverse("autopay"), headers={"HX-Request": "true", "HX-Target": "dialog"})
        assert 'hx-post="/account/billing/autopay/"' in shown.content.decode()

    def test_asks_who_it_is_after_a_while(self, client, northwind):
        stale = sign_in(client, northwind.owner, fresh=False)
        assert "/security/proof/" in stale.get(reverse("autopay")).headers["Location"]
        assert post(stale, autopay="on").status_code == 302
        assert not BillingAccount.objects.exists()

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READ_ONLY])
    def test_is_not_for_others(self, client, northwind, role):
        on_file(northwind.provider)
        assert post(sign_in(client, northwind.by_role[role]), autopay="on").status_code == 403
        assert not BillingAccount.objects.exists()

    def test_is_the_own_msps(self, client, billed):
        on_file(billed.bluefin.provider)
        post(sign_in(client, billed.bluefin.owner), autopay="on")
        assert list(BillingAccount.objects.values_list("provider__name", flat=True)) == ["Bluefin IT"]
        assert PaymentMethod.objects.count() == 1
