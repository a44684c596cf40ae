"""Page, CSV, API and invoice give the same mark for the same month, for every organization of the sample data; and so does why."""

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Administrator, Provider
from accounts.roles import Role
from billing.models import Invoice, InvoiceLine
from billing.next_invoice import next_invoice
from billing.psa import psa_file, psa_months
from tests.api.client import ApiClient
from tests.cast import sign_in
from usage.actions.licence_totals import recompute
from usage.actions.rises import work_out_rises
from usage.models import ClosedMonth, Seats
from usage.queries.marks import marks_of, present_month
from usage.queries.months import last_month
from usage.queries.why import DEVICE, USER, why

pytestmark = pytest.mark.sample_data
USAGE = "/v2/providers/{provider}/usage/organizations"


@pytest.fixture(params=["Northwind MSP", "Bluefin IT", "Cobalt Services"])
def provider(request, committed):
    return Provider.objects.get(name=request.param)


@pytest.fixture
def owner(provider):
    """A browser of the provider's Administrator With Billing."""
    place = Administrator.objects.filter(provider=provider, role=Role.ADMINISTRATOR_WITH_BILLING, suspended_at=None).first()
    return sign_in(Client(), place)


@pytest.fixture
def api(provider, sample_sign_ins, run):
    from django.test import override_settings

    number, _, pepper = run.environment_for("any", 0)["KEY_PEPPERS"].split(",")[-1].partition(":")
    (key,) = [row["api_key"] for row in sample_sign_ins["providers"] if row["name"] == provider.name]
    with override_settings(KEY_PEPPERS={int(number): bytes.fromhex(pepper)}):
        yield ApiClient(key, provider.pk)


def on_the_page(owner):
    """Organization id → last month's and this month's mark. No provider of the sample has more than a page holds."""
    page = owner.get(reverse("usage"), {"size": 100}).context["page"]
    return {row.organization_id: (row.last_high_water_mark, row.high_water_mark) for row in page.rows}


def in_the_csv(owner):
    text = b"".join(owner.get(reverse("usage-csv"), {"dialect": "comma"}).streaming_content).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    return {
        row["Organization ID"]: (whole(row["Last month's high-water mark"]), whole(row["Current high-water mark"]))
        for row in rows
    }


def through_the_api(api):
    rows = api.get(f"{USAGE}?limit=100").json()["results"]
    return {row["id"]: (row["highWaterMarkLastMonth"], row["highWaterMark"]) for row in rows}


def whole(text):
    return int(text) if text else None


class TestTheMarksOfAllOrganizations:
    def test_are_the_same_on_the_page_in_the_csv_and_through_the_api(self, provider, owner, api):
        page = on_the_page(owner)
        assert page == in_the_csv(owner) == through_the_api(api)
        assert len(page) == Seats.objects.filter(provider=provider).of_open_organizations().count() > 0

    def test_are_the_same_on_the_invoices_of_every_month(self, provider):
        lines = InvoiceLine.objects.filter(provider=provider).exclude(organization=None).exclude(invoice__kind="credit_note")
        billed = {
            (line.organization_id, line.invoice.marks_month): line.high_water_mark for line in lines.select_related("invoice")
        }
        closed = {(row.organization_id, row.month): row.users_mark for row in ClosedMonth.objects.filter(provider=provider)}
        assert billed
        assert {key: closed[key] for key in billed} == billed

    def test_are_in_the_psa_file_of_every_month_with_what_its_invoices_charge(self, provider):
        at, checked = timezone.now(), 0
        for month in psa_months(provider, at)[1:]:
            standing = Invoice.objects.filter(provider=provider, marks_month=month, credit_notes=None)
            invoices = standing.exclude(kind="credit_note").prefetch_related("lines")
            charged = Counter()
            for line in (line for invoice in invoices for line in invoice.lines.all()):
                charged[line.organization_id, line.high_water_mark] += line.amount
            file = psa_file(provider, month, at)
            if not file.is_estimate:
                assert {(line.organization_id, line.quantity): line.amount for line in file.lines} == charged
                assert sum(total.total for total in file.totals) == sum(invoice.total_amount for invoice in invoices)
                checked += len(file.lines)
        assert checked > 20

    def test_are_last_months_on_its_invoice_as_on_the_page(self, provider, owner):
        month, page = last_month(present_month(provider, timezone.now()).month), on_the_page(owner)
        lines = InvoiceLine.objects.filter(provider=provider, invoice__marks_month=month).exclude(organization=None)
        billed = {line.organization_id: line.high_water_mark for line in lines.exclude(invoice__kind="credit_note")}
        assert billed
        assert {key: page[key][0] for key in billed if key in page} == {key: mark for key, mark in billed.items() if key in page}

    def test_are_told_why_with_as_many_present_in_every_month(self, provider, owner, api):
        at = timezone.now()
        present, checked = present_month(provider, at), 0
        for seats in Seats.objects.as_of(at).filter(provider=provider):
            for marks in marks_of(seats, present, at):
                for kind, mark in ((USER, marks.users_mark), (DEVICE, marks.devices_mark)):
                    reason = why(seats, marks.calendar.month, kind, present, at)
                    assert (reason.mark, reason.present().count()) == (mark, mark), (seats.name, marks.calendar, kind)
                    checked += 1
        assert checked > 50

    def test_are_the_same_on_their_own_pages(self, provider, owner, api):
        month = last_month(present_month(provider, timezone.now()).month)
        for pk, (last, _mark) in on_the_page(owner).items():
            if last is not None:
                shown = owner.get(reverse("mark", args=[pk, month])).context
                told = api.get(f"{USAGE}/{pk}/marks/{month:%Y-%m}").json()
                assert (shown["why"].mark, shown["number_present"], told["mark"], told["totalCount"]) == (last, last, last, last)


def test_the_usage_tab_tells_the_bill_so_far_that_the_next_invoice_has(provider, owner, api):
    recompute(at=timezone.now())
    work_out_rises(at=timezone.now())
    outlook = owner.get(reverse("usage")).context["outlook"]
    drafts = [row.draft for row in next_invoice(provider, timezone.now()).expected if not row.draft.is_in_advance]
    assert outlook.amount == sum(draft.net_amount for draft in drafts)
    assert outlook.forecast.low >= outlook.marks
    told = api.get("/v2/providers/{provider}/usage").json()["licences"]["forecast"]
    assert (Decimal(told["amountSoFar"]), told["low"], told["high"]) == (
        outlook.amount,
        outlook.forecast.low,
        outlook.forecast.high,
    )
