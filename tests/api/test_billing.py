"""The contract, the licences, the packages and the integrations on the wire."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.actions.documents import make_missing_documents
from billing.models import ContractDocument, Package
from tests.api.client import client_of
from tests.billing.books import sign
from usage.actions.licence_totals import recompute

CONTRACT = "/v2/providers/{provider}/billing/contract"
DETAILS = "/v2/providers/{provider}/billing/details"
INTEGRATIONS = "/v2/providers/{provider}/integrations"
PACKAGES = "/v2/subscriptions"


@pytest.fixture
def contract(northwind):
    return sign(northwind.provider, committed=14)


class TestTheContract:
    def test_is_the_stored_paper_to_the_byte(self, api, contract):
        make_missing_documents()
        answer = api.get(CONTRACT, Accept="application/pdf")
        assert answer.content == bytes(ContractDocument.objects.get().content)
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'attachment; filename="contract-c-1-v1.pdf"'

    def test_is_asked_for_again_in_a_minute_before_the_worker_came(self, api, contract):
        answer = api.get(CONTRACT)
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "being drawn" in answer.json()["message"]

    @pytest.mark.parametrize("terms", [None, {"committed": None}, {"committed": 14, "ends_on": date(2026, 6, 30)}])
    def test_is_none_where_nothing_is_bought_in_bulk(self, api, northwind, terms):
        if terms:
            sign(northwind.provider, **terms)
        make_missing_documents()
        answer = api.get(CONTRACT)
        assert (answer.status_code, answer.json()["message"]) == (404, "No contract with committed licences is in force.")


class TestTheDetails:
    def test_tell_licences_bought_and_in_use(self, api, northwind, contract):
        recompute(at=timezone.now())
        assert api.get(DETAILS).json() == {
            "assignedLicenses": 2,
            "contractType": "annual",
            "hasContract": True,
            "products": [
                {
                    "name": "Platform Plus",
                    "capabilities": ["Directory", "Devices"],
                    "includedLicenses": 0,
                    "purchasedLicenses": 14,
                }
            ],
        }

    def test_tell_the_hourly_total_with_a_contract_or_without(self, cast, contract):
        recompute(at=timezone.now())
        assert client_of(cast.bluefin).get(DETAILS).json() == {
            "assignedLicenses": 2,
            "contractType": "",
            "hasContract": False,
            "products": [],
        }

    def test_are_as_old_as_the_last_full_hour(self, api, northwind, contract):
        recompute(at=timezone.now())
        northwind.clients[0].user.delete()
        assert api.get(DETAILS).json()["assignedLicenses"] == 2
        recompute(at=timezone.now() + timedelta(hours=1))
        assert api.get(DETAILS).json()["assignedLicenses"] == 1

    def test_begin_with_nobody_before_the_first_hour_was_counted(self, api, contract):
        assert api.get(DETAILS).json()["assignedLicenses"] == 0

    def test_tell_the_term_of_a_contract_without_a_commitment(self, api, northwind):
        sign(northwind.provider, committed=None)
        details = api.get(DETAILS).json()
        assert (details["contractType"], details["hasContract"], details["products"]) == ("annual", False, [])


class TestThePackages:
    def test_are_a_bare_list_with_prices_as_numbers(self, api):
        Package.objects.create(
            code="plus",
            name="Plus",
            includes=["Directory", "Devices"],
            unit_price=Decimal("7.80"),
            overage_price=9,
            currency="USD",
        )
        assert api.get(PACKAGES).json() == [
            {
                "displayName": "Plus",
                "productCode": "plus",
                "listPrice": 7.8,
                "annualPrice": 93.6,
                "currency": "USD",
                "features": [{"name": "Directory"}, {"name": "Devices"}],
            }
        ]

    def test_withdrawn_are_left_out(self, api):
        prices = {"unit_price": 5, "overage_price": 5, "currency": "USD"}
        for code, days in (("yesterday", -1), ("tomorrow", 1)):
            Package.objects.create(code=code, name=code, withdrawn_at=timezone.now() + timedelta(days=days), **prices)
        Package.objects.create(code="for-good", name="for good", **prices)
        assert [package["productCode"] for package in api.get(PACKAGES).json()] == ["for-good", "tomorrow"]


class TestTheIntegrations:
    def test_are_none(self, api):
        answer = api.get(INTEGRATIONS)
        assert (answer.json(), answer["x-total-count"]) == ({"records": [], "totalCount": 0}, "0")

    @pytest.mark.parametrize("query", ["limit=101", "skip=-1", "filter=name:eq:x"])
    def test_refuse_a_wrong_parameter_all_the_same(self, api, query):
        assert api.get(f"{INTEGRATIONS}?{query}").status_code == 400
        assert api.get(f"{INTEGRATIONS}?limit=100&filter=type:eq:syncro").status_code == 200
