"""The same for the provider's addresses: the bodies, Accept headers and downloads of the SDKs, over real HTTP (design: provider-api 3)."""

import pytest
from django.db import transaction

from billing.actions.documents import make_missing_documents
from tests.api.live import live_client_of
from tests.walks.stage import Stage

PROVIDER = "/v2/providers/{provider}"
INVITED = {
    "python 5": {"bindNoOrgs": True, "email": "a@sdk.example", "enableMultiFactor": True, "roleName": "Help Desk"},
    "ruby 4": {"bindNoOrgs": False, "email": "b@sdk.example", "roleName": "Read Only", "firstname": "Bo"},
    "python 4": {"email": "c@sdk.example", "enableMultiFactor": True},
}
PDF, JSON = "application/pdf", "application/json"


@pytest.fixture
def stage(committed):
    with transaction.atomic():
        return Stage()


@pytest.fixture
def live(live_portal, stage):
    return live_client_of(live_portal, stage.northwind)


class TestAnAdministrator:
    @pytest.mark.parametrize("sdk", INVITED)
    def test_is_invited_with_each_body(self, live, sdk):
        answer = live.send("POST", f"{PROVIDER}/administrators", INVITED[sdk], **{"Content-Type": JSON, "Accept": JSON})
        assert (answer.status, answer.json()["roleName"]) == (200, INVITED[sdk].get("roleName", "Read Only"))

    @pytest.mark.parametrize("body", [None, b"", b"{}"])
    def test_is_removed_with_a_body_or_without_and_answered_with_none(self, live, stage, body):
        address = f"{PROVIDER}/administrators/{stage.targets['administrator_id']}"
        answer = live.send("DELETE", address, body, **{"Content-Type": JSON})
        assert (answer.status, answer.body, answer.headers.get("Content-Type")) == (204, b"", None)

    def test_is_unlinked_with_an_empty_object(self, live, stage):
        address = f"/v2/administrators/{stage.northwind.limited.pk}/organizationlinks/{stage.acme.pk}"
        assert (live.send("DELETE", address, b"{}").status, live.send("DELETE", address, b"{}").status) == (204, 404)


class TestAnOrganization:
    @pytest.mark.parametrize("with_id", [True, False])
    def test_is_changed_with_its_id_in_the_body_and_without(self, live, stage, with_id):
        body = {"maxSystemUsers": 50, "name": "Acme Inc", **({"id": stage.acme.pk} if with_id else {})}
        answer = live.send("PUT", f"{PROVIDER}/organizations/{stage.acme.pk}", body, **{"Content-Type": JSON})
        assert (answer.status, answer.json()["name"], answer.json()["maxSystemUsers"]) == (200, "Acme Inc", 50)

    def test_loses_its_cap_by_a_zero_as_a_table_s_empty_cell_is_sent(self, live, stage):
        stage.acme.cap(50)
        answer = live.send("PUT", f"{PROVIDER}/organizations/{stage.acme.pk}", {"maxSystemUsers": 0, "name": "Acme Dental"})
        assert (answer.status, "maxSystemUsers" in answer.json()) == (200, False)

    def test_is_created_at_the_address_with_a_slash(self, live):
        assert live.send("POST", f"{PROVIDER}/organizations/", {"name": "Third House"}).status == 201


class TestADownload:
    @pytest.fixture(autouse=True)
    def papers(self, stage):
        make_missing_documents()

    @pytest.mark.parametrize("accept", [PDF, "*/*", f"{JSON}, {PDF}"])
    @pytest.mark.parametrize("paper", ["invoices/NW-1", "billing/contract"])
    def test_is_a_pdf_with_a_name(self, live, paper, accept):
        answer = live.send("GET", f"{PROVIDER}/{paper}", **{"Accept": accept, "Content-Type": JSON})
        assert (answer.status, answer.headers["Content-Type"], answer.body[:5]) == (200, PDF, b"%PDF-")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="')

    def test_of_an_invoice_is_a_csv_where_that_is_asked_for(self, live):
        answer = live.send("GET", f"{PROVIDER}/invoices/NW-1", Accept="text/csv")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
