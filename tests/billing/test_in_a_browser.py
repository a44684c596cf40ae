"""The billing pages as a person meets them: the real server, logged in as the web process, over the sample data."""

import csv
import io
import re

import pytest

pytestmark = pytest.mark.sample_data


@pytest.fixture
def olivia(page, live_portal, sample_sign_ins):
    """Northwind's Administrator With Billing, signed in; she met no error on the way."""
    login = next(row for row in sample_sign_ins["logins"] if row["email"].startswith("olivia.hart"))
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if is_trouble(message) else None)
    page.goto(f"{live_portal.url}/sign-in/")
    page.get_by_label("E-mail").fill(login["email"])
    page.get_by_label("Password").fill(login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")
    yield page
    assert troubles == []


def is_trouble(message):
    """Chromium notes a refused form (422) as an error; to us it is an answer."""
    return message.type in {"error", "warning"} and "status of 422" not in message.text


def downloaded(page, click):
    with page.expect_download() as download:
        click()
    return download.value.suggested_filename, download.value.path().read_bytes()


class TestAnMsp:
    def test_downloads_its_contract_from_the_usage_tab(self, olivia):
        olivia.get_by_role("link", name="Usage", exact=True).click()
        name, content = downloaded(olivia, olivia.get_by_role("link", name="Download Contract").click)
        assert name == "contract-nw-20418-v2.pdf"
        assert content.startswith(b"%PDF-1.7")

    def test_downloads_an_invoice_whose_lines_add_up(self, olivia):
        olivia.get_by_role("link", name="Payment History").click()
        row = olivia.locator("tbody tr").filter(has_text="Partially Paid")
        number = row.get_by_role("rowheader").inner_text().split()[0]
        name, content = downloaded(olivia, row.get_by_role("link", name="CSV").click)
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        billed = float(re.sub(r"[^0-9.]", "", row.locator("td[data-label=Billed]").inner_text()))
        assert name == f"{number.lower()}.csv"
        assert (len(lines), sum(float(line["Amount"]) for line in lines)) == (40, pytest.approx(billed))

    def test_narrows_the_list_and_its_totals_follow(self, olivia):
        olivia.get_by_role("link", name="Payment History").click()
        olivia.get_by_role("group", name="Status").get_by_role("link", name="Past Due").click()
        olivia.wait_for_url("**/?status=past_due")
        assert olivia.locator("tbody tr").count() == 1
        assert olivia.locator("tfoot").inner_text().startswith("Total of 1 document")

    def test_changes_where_invoices_go_in_the_dialog(self, olivia):
        olivia.get_by_role("link", name="Billing Information").click()
        olivia.get_by_role("link", name="Edit").click()
        dialog = olivia.get_by_role("dialog")
        dialog.get_by_label("Recipients of invoices").fill("nobody")
        dialog.get_by_role("button", name="Save").click()
        dialog.get_by_text("nobody is no e-mail address.").wait_for()
        dialog.get_by_label("Recipients of invoices").fill("new@northwind.example")
        dialog.get_by_role("button", name="Save").click()
        olivia.get_by_text("Billing information saved.").first.wait_for()
        assert "new@northwind.example" in olivia.get_by_role("main").inner_text()
