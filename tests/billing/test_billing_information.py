"""Billing Information: shown as it is, changed by those who may, copied by the next invoice only."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.roles import Role
from billing.models import BillingInformation, PaymentMethod
from tests.billing.books import ADDRESS, bill_march, live_at, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db
FILLED = {
    **ADDRESS,
    "recipients": "invoices@northwind.example\ngrace@northwind.example",
    "po_number": "PO-7",
    "tax_number": "84-5550142",
}


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


def post(client, **changes):
    return client.post(reverse("billing-information"), {**FILLED, **changes})


class TestThePage:
    def test_shows_address_contact_recipients_and_numbers(self, owner, northwind):
        live_at(northwind.provider, po_number="PO-7", tax_number="84-5550142")
        words = words_of(owner.get(reverse("billing")))
        for shown in (
            "Northwind MSP, LLC",
            "1400 Wynkoop Street",
            "Grace Lindqvist",
            "invoices@northwind.example",
            "PO-7",
            "84-5550142",
        ):
            assert shown in words

    @pytest.mark.parametrize(("country", "town"), [("US", "Denver CO 80202"), ("DE", "80202 Denver CO"), ("", "Denver CO 80202")])
    def test_writes_the_address_as_the_country_does(self, owner, northwind, country, town):
        live_at(northwind.provider, country=country, city="Denver", region="CO", postal_code="80202")
        assert town in words_of(owner.get(reverse("billing")))

    def test_says_what_is_missing_and_how_to_enter_it(self, owner):
        words = words_of(owner.get(reverse("billing")))
        assert "Nothing is entered yet" in words
        assert "Enter billing information" in words

    def test_says_how_invoices_are_paid_without_a_payment_method(self, owner):
        words = words_of(owner.get(reverse("billing")))
        assert "No card or bank account is on file" in words
        assert "priya@vendor.example" in words

    def test_shows_the_default_method_and_the_backups_in_order(self, owner, northwind):
        common = {"provider": northwind.provider}
        PaymentMethod.objects.create(**common, kind="bank_account", token_digest="b", brand="First Bank", last4="6789", place=2)
        PaymentMethod.objects.create(
            **common, kind="card", token_digest="a", brand="Visa", last4="4242", place=1, expires_on=date(2020, 5, 31)
        )
        words = words_of(owner.get(reverse("billing")))
        assert "Visa •••• 4242 Default Expired Expired in May 2020" in words
        assert words.index("Visa •••• 4242") < words.index("First Bank •••• 6789 Backup")


class TestSaving:
    def test_writes_and_notes_what_changed(self, owner, northwind):
        live_at(northwind.provider, recipients=["old@northwind.example"])
        assert post(owner).status_code == 303
        row = BillingInformation.objects.get()
        assert row.recipients == ["invoices@northwind.example", "grace@northwind.example"]
        changes = AuditEvent.objects.get(action="billing.information.changed").details["changes"]
        assert changes["po_number"] == ["", "PO-7"]
        assert "company" not in changes

    def test_makes_the_first_row(self, owner):
        assert post(owner).status_code == 303
        assert BillingInformation.objects.get().city == "Denver"

    def test_is_copied_by_the_next_invoice_only(self, owner, northwind):
        post(owner, company="Old Name")
        issued = bill_march(northwind.contract)
        post(owner, company="New Name")
        issued.refresh_from_db()
        assert issued.billed_to["company"] == "Old Name"

    def test_of_the_same_values_notes_nothing(self, owner):
        post(owner)
        post(owner)
        assert AuditEvent.objects.filter(action="billing.information.changed").count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("recipients", "good@x.example, no-address", "no-address is no e-mail address."),
            ("recipients", "\n".join(f"a{number}@x.example" for number in range(11)), "At most 10 addresses."),
            ("recipients", " \n", "This field is required."),
            ("contact_email", "nobody", "Enter a valid email address."),
            ("contact_phone", "call me", "Enter a phone number such as"),
            ("tax_number", "<script>", "Use letters, digits, spaces"),
            ("tax_number", "84-555", "This can't be a tax number in United States of America."),
            ("tax_number", "555-12-3456", "This can't be a tax number in United States of America."),
            ("country", "", "This field is required."),
            ("country", "XX", "Select a valid choice."),
            ("company", "", "This field is required."),
            ("city", "x" * 81, "at most 80 characters"),
        ],
    )
    def test_refuses_what_is_wrong_at_its_field_and_keeps_what_was_typed(self, owner, field, value, words):
        refused = post(owner, **{field: value})
        assert refused.status_code == 422
        assert any(words in str(error) for error in refused.context["form"].errors[field])
        assert refused.context["form"][field].value() == value
        assert not BillingInformation.objects.exists()

    @pytest.mark.parametrize(
        ("country", "number", "is_taken"),
        [
            ("DE", "DE136695976", True),
            ("DE", "136695976", True),
            ("DE", "DE136695977", False),
            ("FR", "FR83404833048", True),
            ("AT", "DE136695976", False),
            ("CH", "CHE-100.155.212", True),
            ("AU", "51 824 753 556", True),
            ("GL", "whatever they have", True),
            ("DE", "", True),
        ],
    )
    def test_knows_the_tax_numbers_of_many_countries(self, owner, country, number, is_taken):
        assert post(owner, country=country, tax_number=number).status_code == (303 if is_taken else 422)

    def test_takes_the_same_recipient_once(self, owner):
        post(owner, recipients="a@x.example; A@X.example")
        assert len(BillingInformation.objects.get().recipients) == 1

    def test_reaches_the_own_msp_only(self, client, billed):
        live_at(billed.northwind.provider)
        post(sign_in(client, billed.bluefin.owner), company="Bluefin GmbH")
        companies = dict(BillingInformation.objects.values_list("provider__name", "company"))
        assert companies == {"Northwind MSP": "Northwind MSP, LLC", "Bluefin IT": "Bluefin GmbH"}


class TestTheDoor:
    @pytest.mark.parametrize(
        ("role", "status"), [(Role.BILLING_ONLY, 303), (Role.ADMINISTRATOR, 403), (Role.READ_ONLY, 403), (Role.HELP_DESK, 403)]
    )
    def test_to_saving_is_for_billing_roles(self, client, northwind, role, status):
        assert post(sign_in(client, northwind.by_role[role])).status_code == status
        assert BillingInformation.objects.exists() == (status == 303)
