"""The help page: answers, the account manager, and what each role may do."""

import pytest

from accounts.models import Provider
from accounts.roles import MSP_ROLES, PERMISSIONS, Role
from tests.cast import case, sign_in


@pytest.fixture
def northwind(cast):
    Provider.objects.filter(pk=cast.northwind.pk).update(
        time_zone="America/Denver",
        account_manager_name="Priya Raman",
        account_manager_email="priya@vendor.example",
        account_manager_phone="+1 720 555 0177",
    )
    return cast.northwind


def shown_to(client, administrator):
    return sign_in(client, administrator).get("/help/").content.decode()


class TestTheHelpPage:
    def test_names_the_account_manager(self, northwind, client):
        shown = shown_to(client, northwind.owner)
        for contact in ("Priya Raman", "mailto:priya@vendor.example", "tel:+17205550177"):
            assert contact in shown

    def test_says_what_to_do_where_none_is_named(self, cast, client):
        assert "No account manager is named yet." in shown_to(client, cast.bluefin.owner)

    def test_answers_for_the_accounts_own_time_zone(self, northwind, client):
        assert "time zone, which is America/Denver." in shown_to(client, northwind.owner)

    def test_tells_what_each_role_may_as_the_table_in_code_has_it(self, northwind, client):
        shown = shown_to(client, northwind.by_role[Role.HELP_DESK])
        for role in MSP_ROLES:
            assert f"<dt>{role.label}" in shown
        assert 'Help Desk <span class="quiet">(you)</span>' in shown
        may = shown.split("<dt>Help Desk")[1].split("</dd>")[0]
        assert may.count(", ") == len(PERMISSIONS[Role.HELP_DESK]) - 1
        assert "suspend and reactivate users" in may
        assert "edit user caps" not in may

    def test_counts_the_cases_that_the_reader_sees(self, northwind, client):
        acme, birch = (one.organization for one in northwind.clients)
        case(northwind.owner, "One", organization=acme)
        case(northwind.owner, "Two", organization=birch)
        waiting = "<dt>With support</dt><dd>{}</dd>"
        assert waiting.format(2) in shown_to(client, northwind.owner)
        assert waiting.format(1) in shown_to(client, northwind.limited)

    def test_offers_to_submit_a_case_to_who_may(self, northwind, client):
        assert 'href="/help/cases/new/"' in shown_to(client, northwind.by_role[Role.BILLING_ONLY])
        assert 'href="/help/cases/new/"' not in shown_to(client, northwind.by_role[Role.READ_ONLY])
