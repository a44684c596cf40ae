"""Download Contract: the stored paper for who may have it, and why there is none for others."""

import hashlib

import pytest
from django.urls import reverse

from accounts.roles import Role
from billing.actions.documents import make_missing_documents
from billing.models import ContractDocument
from tests.billing.books import sign, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(northwind):
    make_missing_documents()
    return ContractDocument.objects.get()


class TestTheDownload:
    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR_WITH_BILLING, Role.BILLING_ONLY])
    def test_is_the_stored_paper_to_the_byte(self, client, northwind, stored, role):
        response = sign_in(client, northwind.by_role[role]).get(reverse("contract"))
        assert hashlib.sha256(response.content).hexdigest() == stored.sha256
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="contract-c-1-v1.pdf"'
        assert response["Cache-Control"] == "private, no-cache"

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.HELP_DESK, Role.READ_ONLY])
    def test_is_not_for_others(self, client, northwind, stored, role):
        refused = sign_in(client, northwind.by_role[role]).get(reverse("contract"))
        assert refused.status_code == 403
        assert b"%PDF" not in refused.content

    def test_is_not_for_a_clients_own_administrator(self, client, northwind, stored):
        assert sign_in(client, northwind.clients[0].administrator).get(reverse("contract")).status_code == 403


class TestWithoutAPaper:
    def test_the_page_says_that_nothing_was_bought_in_bulk(self, client, billed):
        sign(billed.bluefin.provider, committed=None)
        refused = sign_in(client, billed.bluefin.owner).get(reverse("contract"))
        assert refused.status_code == 404
        assert "without committed licences" in words_of(refused)

    def test_the_page_says_that_no_contract_is_in_force(self, client, billed):
        refused = sign_in(client, billed.bluefin.owner).get(reverse("contract"))
        assert refused.status_code == 404
        assert "No contract is in force" in words_of(refused)

    def test_the_page_says_that_it_is_being_drawn(self, client, northwind):
        refused = sign_in(client, northwind.owner).get(reverse("contract"))
        assert (refused.status_code, "is being drawn" in words_of(refused)) == (404, True)
        assert "Priya Raman" in words_of(refused)
