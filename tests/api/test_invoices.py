"""Invoices on the wire: what the list tells, the papers, the lines as CSV and JSON, and who gets them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.documents import make_missing_invoice_documents
from billing.actions.invoices import issue_credit_note, issue_monthly_invoice
from billing.models import InvoiceDocument
from tests.api.client import client_of
from tests.billing.books import APRIL, FIRST_OF_APRIL, overage_of_march, pay, peaks_in_march, sign
from tests.cast import sign_in

LIST = "/v2/providers/{provider}/invoices"
ONE = f"{LIST}/INV-2026-00001"
LINES = f"{ONE}/lines"
CSV = {"Accept": "text/csv"}
BEFORE_IT_IS_DUE = "2026-04-10T12:00:00Z"


@pytest.fixture(autouse=True)
def overage(northwind):
    """INV-2026-00001, due on 1 May 2026: 37.50 USD for 3 of 17 users over the 14 committed."""
    peaks_in_march(northwind.provider, 8, 5, 4)
    return overage_of_march(sign(northwind.provider, committed=14))


@pytest.fixture
def commitment(northwind, overage):
    """INV-2026-00002: 140.00 USD for April, in advance."""
    contract = northwind.provider.contracts.get()
    return issue_monthly_invoice(contract=contract, month=APRIL, by=None, at=FIRST_OF_APRIL)


def credit(invoice):
    return issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [record["id"] for record in answer.json()["records"]]


def bytes_of(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def statements(api, path):
    """What one request asks the database, without the scope around it and what is noted after the answer."""
    with CaptureQueriesContext(connection) as seen:
        answer = api.get(path)
    assert answer.status_code == 200
    asked = [query["sql"].strip().lower() for query in seen]
    return [sql for sql in asked if sql.startswith("select") and "set_config" not in sql]


class TestTheList:
    def test_tells_each_invoice_in_texts(self, api, overage):
        pay(overage, "10.00")
        assert api.get(LIST).json() == {
            "records": [
                {
                    "id": "INV-2026-00001",
                    "amountBilled": "37.50",
                    "amountPaid": "10.00",
                    "amountRemaining": "27.50",
                    "currency": "USD",
                    "dueDate": "2026-05-01",
                    "status": "Past Due",
                }
            ],
            "totalCount": 1,
        }

    def test_begins_with_the_newest(self, api, commitment):
        assert ids(api.get(LIST)) == ["INV-2026-00002", "INV-2026-00001"]

    def test_leaves_out_credit_notes_and_calls_what_they_take_back_void(self, api, overage):
        credit(overage)
        (record,) = api.get(LIST).json()["records"]
        assert (record["status"], record["amountBilled"], record["amountRemaining"]) == ("Void", "37.50", "0.00")

    def test_is_the_msps_own(self, cast):
        assert client_of(cast.bluefin).get(LIST).json() == {"records": [], "totalCount": 0}

    @pytest.mark.parametrize(("currency", "told"), [("JPY", "38"), ("KWD", "37.500"), ("EUR", "37.50")])
    def test_writes_amounts_with_the_digits_of_their_currency(self, cast, currency, told):
        bluefin = cast.bluefin
        peaks_in_march(bluefin.provider, 4, names=("Indigo",))
        overage_of_march(sign(bluefin.provider, committed=1, overage_price=Decimal("12.50"), currency=currency))
        (record,) = client_of(bluefin).get(LIST).json()["records"]
        assert (record["amountBilled"], record["currency"]) == (told, currency)

    def test_takes_as_many_statements_however_many_it_lists(self, northwind, api, commitment):
        for month in range(5, 13):
            contract = northwind.provider.contracts.get()
            issue_monthly_invoice(contract=contract, month=APRIL.replace(month=month), by=None, at=FIRST_OF_APRIL)
        assert len(statements(api, f"{LIST}?limit=2")) == 4
        assert len(statements(api, f"{LIST}?limit=10&sort=-status")) == 3  # nothing follows, so nothing is counted


class TestTheStatus:
    def test_is_open_until_it_is_due(self, northwind, time_machine):
        time_machine.move_to(BEFORE_IT_IS_DUE)
        assert self.of(northwind) == "Open"

    def test_is_partially_paid(self, northwind, overage, time_machine):
        pay(overage, "10.00")
        time_machine.move_to(BEFORE_IT_IS_DUE)
        assert self.of(northwind) == "Partially Paid"

    def test_is_paid_in_full(self, northwind, overage):
        pay(overage, "37.50")
        assert self.of(northwind) == "Paid In Full"

    def test_is_past_due_from_the_day_after_in_the_providers_zone(self, northwind, time_machine):
        northwind.provider.time_zone = "America/Denver"
        northwind.provider.save(update_fields=["time_zone"])
        time_machine.move_to("2026-05-02T05:59:00Z")  # still 1 May in Denver
        assert self.of(northwind) == "Open"
        time_machine.move_to("2026-05-02T06:01:00Z")
        assert self.of(northwind) == "Past Due"

    def test_is_void(self, northwind, overage):
        credit(overage)
        assert self.of(northwind) == "Void"

    def of(self, northwind):
        return client_of(northwind).get(LIST).json()["records"][0]["status"]


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("filter=status:eq:Paid In Full", ["INV-2026-00001"]),
            ("filter=status:eq:paid+in+full", ["INV-2026-00001"]),
            ("filter=status:eq:PAST DUE", ["INV-2026-00002"]),
            ("filter=status:in:paid in full|open", ["INV-2026-00001"]),
            ("filter=status:ne:void", ["INV-2026-00002", "INV-2026-00001"]),
            ("filter=status:eq:stolen", []),
            ("filter=amountRemaining:gt:0", ["INV-2026-00002"]),
            ("filter=amountPaid:eq:37.50", ["INV-2026-00001"]),
            ("filter=amountBilled:between:100|200", ["INV-2026-00002"]),
            ("filter=dueDate:le:2026-05-01", ["INV-2026-00002", "INV-2026-00001"]),
            ("filter=dueDate:lt:2026-05-01", []),
            ("filter=id:eq:*1,currency:eq:USD", ["INV-2026-00001"]),
        ],
    )
    def test_find(self, api, overage, commitment, query, found):
        pay(overage, "37.50")
        assert ids(api.get(f"{LIST}?{query}")) == found

    @pytest.mark.parametrize("query", ["filter=dueDate:eq:soon", "filter=amountPaid:eq:much", "filter=kind:eq:overage"])
    def test_refuse_what_they_cannot_mean(self, api, query):
        assert api.get(f"{LIST}?{query}").status_code == 400

    @pytest.mark.parametrize("field", ["id", "amountBilled", "amountPaid", "amountRemaining", "status"])
    def test_and_sorting_by_every_field_go_together(self, api, overage, commitment, field):
        pay(overage, "37.50")
        ways = [ids(api.get(f"{LIST}?sort={way}{field}&filter=currency:eq:USD")) for way in ("", "-")]
        assert ways[0] == ways[1][::-1]


class TestThePaper:
    def test_is_the_stored_one_to_the_byte(self, api):
        make_missing_invoice_documents()
        answer = api.get(ONE, Accept="application/pdf")
        assert answer.content == bytes(InvoiceDocument.objects.get().content)
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'attachment; filename="inv-2026-00001.pdf"'

    @pytest.mark.parametrize("accept", ["application/json", "*/*", "text/csv;q=0.5, */*", "nonsense", "text/csv; a*=x''y", ""])
    def test_comes_whatever_else_the_client_accepts(self, api, accept):
        make_missing_invoice_documents()
        assert api.get(ONE, Accept=accept)["Content-Type"] == "application/pdf"

    def test_is_asked_for_again_in_a_minute_before_the_worker_came(self, api):
        answer = api.get(ONE)
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert answer.json() == {
            "code": 503,
            "status": "Service Unavailable",
            "message": "The PDF is being drawn. Try again in a minute.",
        }

    def test_of_a_credit_note_is_handed_out_under_its_number(self, api, overage):
        credit(overage)
        make_missing_invoice_documents()
        assert api.get(f"{LIST}/CN-2026-00001").content.startswith(b"%PDF")


class TestTheCsv:
    def test_is_the_pages_to_the_byte(self, api, northwind, overage, commitment):
        note = credit(overage)
        browser = sign_in(Client(), northwind.owner)
        for invoice in (overage, commitment, note):
            page = bytes_of(browser.get(reverse("invoice-csv", args=[invoice.pk])))
            assert bytes_of(api.get(f"{LIST}/{invoice.number}", **CSV)) == page
            assert page.count(b"\r\n") == 4

    def test_has_the_columns_that_the_contract_names(self, api, overage):
        acme = overage.lines.get(place=1).organization_id
        header, first = bytes_of(api.get(ONE, **CSV)).decode("utf-8-sig").splitlines()[:2]
        assert header == (
            "Invoice,Period,Organization ID,Organization,Description,High-water mark,Within the commitment,Over the commitment,"
            "Unit price,Amount,Currency"
        )
        assert first == f"INV-2026-00001,2026-03,{acme},Acme 8,Users above the commitment in March 2026,8,7,1,12.50,12.50,USD"

    def test_says_what_each_kind_charges_for(self, api, overage, commitment):
        credit(overage)
        said = {number: bytes_of(api.get(f"{LIST}/{number}", **CSV)).decode() for number in ("INV-2026-00002", "CN-2026-00001")}
        assert "Committed licences for April 2026, by the high-water marks of March 2026" in said["INV-2026-00002"]
        assert "Credit for invoice INV-2026-00001" in said["CN-2026-00001"]

    def test_is_english_whatever_the_client_reads(self, api):
        assert bytes_of(api.get(ONE, **CSV, **{"Accept-Language": "de"})) == bytes_of(api.get(ONE, **CSV))

    def test_is_there_before_the_paper_and_says_on_what_it_depends(self, api):
        answer = api.get(ONE, **CSV)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="inv-2026-00001.csv"'
        assert "Accept" in answer["Vary"].split(", ")


class TestTheLines:
    def test_tell_each_organizations_part(self, api, overage):
        assert api.get(f"{LINES}?limit=1").json() == {
            "results": [
                {
                    "organization": overage.lines.get(place=1).organization_id,
                    "organizationName": "Acme 8",
                    "highWaterMark": 8,
                    "committedPart": 7,
                    "overagePart": 1,
                    "unitPrice": "12.50",
                    "amount": "12.50",
                    "currency": "USD",
                    "month": "2026-03",
                }
            ],
            "totalCount": 3,
        }

    def test_add_up_to_the_invoice(self, api, commitment):
        lines = api.get(f"{LIST}/{commitment.number}/lines").json()["results"]
        assert [line["amount"] for line in lines] == ["70.00", "40.00", "30.00"]
        assert {line["month"] for line in lines} == {"2026-04"}

    def test_are_filtered_and_sorted(self, api):
        answer = api.get(f"{LINES}?filter=highWaterMark:ge:5&sort=organizationName,-amount").json()
        assert [line["organizationName"] for line in answer["results"]] == ["Acme 8", "Birch 5"]
        assert api.get(f"{LINES}?filter=organizationName:eq:Nobody").json() == {"results": [], "totalCount": 0}

    def test_take_three_statements(self, api):
        assert len(statements(api, f"{LINES}?limit=1")) == 3


class TestAnInvoiceThatIsNotOnesOwn:
    @pytest.mark.parametrize(("ending", "headers"), [("", {}), ("", CSV), ("/lines", {})])
    def test_is_told_of_like_one_that_is_none(self, cast, ending, headers):
        make_missing_invoice_documents()
        stranger = client_of(cast.bluefin)
        foreign, unknown = (
            stranger.get(f"{LIST}/{number}{ending}", **headers) for number in ("INV-2026-00001", "INV-2026-99999")
        )
        assert (foreign.status_code, foreign.content) == (404, unknown.content)
        assert client_of(cast.northwind).get(f"{ONE}{ending}", **headers).status_code == 200

    def test_is_no_fault_whatever_is_written_for_its_number(self, api):
        answers = [api.get(f"{LIST}/{number}") for number in ("%00", "x" * 33, "%F0%9F%98%80", "%2e%2e", "*", "' or 1=1")]
        assert [answer.status_code for answer in answers] == [400, 400, 404, 404, 404, 404]
