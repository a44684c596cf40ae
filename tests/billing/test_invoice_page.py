"""One invoice: its lines, what was paid of it, its CSV; and that a stranger's is not found."""

import pytest
from django.urls import reverse

from accounts.models import Organization
from accounts.roles import Role
from billing.actions.invoices import issue_credit_note
from tests.billing.books import FIRST_OF_APRIL, bill_march, pay, peaks_in_march, rows_of_csv, sign, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


class TestThePage:
    def test_shows_lines_that_add_up_to_the_total(self, owner, northwind):
        response = owner.get(northwind.overage.get_absolute_url())
        words = words_of(response)
        assert "Acme 8 8 7 1 12.50 USD 12.50 USD" in words
        assert "Total of the invoice 37.50 USD" in words
        assert sum(line.amount for line in response.context["page"].rows) == northwind.overage.total_amount

    def test_without_a_commitment_says_nothing_of_one(self, client, cast):
        peaks_in_march(cast.bluefin.provider, 3)
        plain = bill_march(sign(cast.bluefin.provider))
        words = words_of(sign_in(client, cast.bluefin.owner).get(plain.get_absolute_url()))
        assert "High-water mark Unit price Amount" in words
        assert "commitment" not in words

    def test_keeps_the_name_a_client_had(self, owner, northwind):
        Organization.objects.filter(name="Acme 8").update(name="Renamed")
        words = words_of(owner.get(northwind.overage.get_absolute_url()))
        assert "Acme 8" in words
        assert "Renamed" not in words

    def test_shows_payments_with_their_reference(self, owner, northwind):
        pay(northwind.overage, "30.00")
        words = words_of(owner.get(northwind.overage.get_absolute_url()))
        assert "Bank transfer 30.00 USD WIRE-1" in words

    def test_says_how_to_pay_while_nothing_arrived(self, owner, northwind):
        assert "with the reference INV-2026-00001" in words_of(owner.get(northwind.overage.get_absolute_url()))

    def test_and_its_credit_note_point_at_each_other(self, owner, northwind):
        note = issue_credit_note(invoice=northwind.overage, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        assert note.get_absolute_url() in owner.get(northwind.overage.get_absolute_url()).content.decode()
        said = owner.get(note.get_absolute_url())
        assert northwind.overage.get_absolute_url() in said.content.decode()
        assert "Wrong PO" in words_of(said)

    def test_finds_a_clients_line(self, owner, northwind):
        found = owner.get(northwind.overage.get_absolute_url(), {"q": "birch"}).context["page"].rows
        assert [line.organization_name for line in found] == ["Birch 5"]


class TestTheCsv:
    def test_holds_all_lines_and_the_whole_total(self, owner, northwind):
        rows = rows_of_csv(owner.get(reverse("invoice-csv", args=[northwind.overage.pk])))
        assert [(row["Organization"], row["High-water mark"], row["Over the commitment"], row["Amount"]) for row in rows] == [
            ("Acme 8", "8", "1", "12.50"),
            ("Birch 5", "5", "1", "12.50"),
            ("Coral 4", "4", "1", "12.50"),
        ]
        assert sum(float(row["Amount"]) for row in rows) == float(northwind.overage.total_amount)

    def test_lets_no_name_become_a_formula(self, owner, northwind):
        from tests.billing import books

        books.new_organization(northwind.provider, "=1+1", at=books.utc(2026, 4, 2), users=1)
        books.run_hourly_job(books.utc(2026, 5, 1, 0, 5))
        invoice = books.issue_monthly_invoice(
            contract=northwind.contract, month=books.date(2026, 5, 1), by=None, at=books.utc(2026, 5, 1, 1)
        )
        names = [row["Organization"] for row in rows_of_csv(owner.get(reverse("invoice-csv", args=[invoice.pk])))]
        assert "'=1+1" in names


class TestAStranger:
    @pytest.mark.parametrize("name", ["invoice", "invoice-csv"])
    def test_does_not_find_it(self, client, billed, name):
        url = reverse(name, args=[billed.northwind.overage.pk])
        assert sign_in(client, billed.bluefin.owner).get(url).status_code == 404
        assert client.get(reverse(name, args=["0" * 24])).status_code == 404

    def test_of_a_lower_role_is_told_who_may(self, client, northwind):
        url = northwind.overage.get_absolute_url()
        assert sign_in(client, northwind.by_role[Role.ADMINISTRATOR]).get(url).status_code == 403
