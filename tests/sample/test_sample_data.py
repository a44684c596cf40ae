"""The sample data: what a newcomer meets, and that it agrees with itself as real data would."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Sum

from accounts.case_choices import CaseStatus
from accounts.keys import check
from accounts.models import Administrator, AuditEvent, Operator, Organization, Person, Provider, SupportCase, SupportMessage
from accounts.roles import MSP_ROLES, Role
from billing.actions.monthly_run import run_billing
from billing.models import Contract, ContractDocument, Invoice, InvoiceStatus, InvoiceTax
from billing.sample.cast import AT_THE_CAP, NEAR_THE_CAP
from billing.sample.names import Names
from billing.sample.plans import MSPS
from billing.sample.story import story_of
from msp_portal.lib.models import OutboxMessage
from usage.actions.licence_totals import recount
from usage.models import ClosedMonth, LicenseTotal, Seats, User
from usage.models.licensing import LicenseState
from usage.models.seats import CapState

pytestmark = pytest.mark.sample_data


@pytest.fixture
def now(committed):
    return datetime.now(UTC)


def provider(name):
    return Provider.objects.get(name=name)


def figures(name, at):
    sums = Seats.objects.as_of(at).filter(provider__name=name)
    return sums.aggregate(users=Sum("users"), mark=Sum("high_water_mark"), last=Sum("last_high_water_mark"), clients=Count("pk"))


class TestTheProviders:
    def test_are_three_with_about_three_thousand_users(self, committed, now):
        assert set(Provider.objects.values_list("name", flat=True)) == {"Northwind MSP", "Bluefin IT", "Cobalt Services"}
        assert 2_700 <= User.objects.count() <= 3_300
        assert (figures("Northwind MSP", now)["clients"], figures("Bluefin IT", now)["clients"]) == (40, 12)

    def test_have_a_month_of_seventeen_over_fourteen_at_cobalt(self, committed, now):
        assert figures("Cobalt Services", now)["last"] == 17
        assert provider("Cobalt Services").licensing.committed == 14
        overage = Invoice.objects.get(provider__name="Cobalt Services", kind="overage")
        assert sum(line.overage_part for line in overage.lines.all()) == 3

    def test_are_near_the_commitment_at_northwind_and_without_one_at_bluefin(self, committed):
        newest = LicenseTotal.objects.filter(provider__name="Northwind MSP").latest("slot")
        assert newest.state == LicenseState.NEAR
        assert provider("Bluefin IT").licensing.committed is None

    def test_have_fifteen_months_of_history_at_northwind(self, committed):
        assert ClosedMonth.objects.filter(provider__name="Northwind MSP").values("month").distinct().count() == 15

    def test_have_a_contract_to_download_where_there_is_a_commitment(self, committed):
        drawn = set(ContractDocument.objects.values_list("contract__provider__name", flat=True))
        assert drawn == {"Northwind MSP", "Cobalt Services"}
        assert Contract.objects.filter(provider__name="Northwind MSP").count() == 2

    def test_have_their_newest_invoices_as_papers_at_once(self, committed):
        for msp in MSPS:
            newest = Invoice.objects.filter(provider__name=msp.name).newest_first().first()
            assert bytes(newest.document.content).startswith(b"%PDF")


class TestTheCaps:
    def test_are_in_every_state_at_northwind(self, committed):
        rows = Seats.objects.filter(provider__name="Northwind MSP")
        states = Counter((row.cap_state, row.has_cap) for row in rows)
        assert set(states) == {(CapState.NONE, False), (CapState.NONE, True), (CapState.NEAR, True), (CapState.REACHED, True)}
        assert {0, 1, 3, 10, 11} <= {row.left for row in rows if row.has_cap}
        assert {1, 10_000} <= {row.user_cap for row in rows}
        assert any(row.has_cap and row.users > row.user_cap for row in rows)

    def test_are_met_by_a_tenant_administrator_at_and_one_near_it(self, committed):
        left = {name: Seats.objects.get(organization__name=name).left for name in (AT_THE_CAP, NEAR_THE_CAP)}
        assert left == {AT_THE_CAP: 0, NEAR_THE_CAP: 3}

    def test_say_who_set_them_and_so_does_the_log(self, committed):
        capped = Seats.objects.exclude(user_cap=None)
        assert capped.filter(cap_changed_by="").count() == 0
        assert AuditEvent.objects.filter(action="usage.cap.changed").count() == capped.count()


class TestThePeople:
    def test_can_all_sign_in_with_the_passwords_told(self, committed, sample_sign_ins):
        passwords = {login["email"]: login["password"] for login in sample_sign_ins["logins"]}
        assert len(passwords) == 12
        for person in Person.objects.all():
            assert check_password(passwords[person.email], person.password), person.email
            assert person.emailaddress_set.filter(verified=True, primary=True).count() == 1

    def test_stand_where_they_are_said_to(self, committed, sample_sign_ins):
        told = {
            (login["email"], login["role"], login["provider"], login["organization"])
            for login in sample_sign_ins["logins"]
            if login["role"] != "Operator"
        }
        places = Administrator.objects.select_related("provider", "organization")
        assert told == {(a.email, a.role, a.provider.name, a.organization and a.organization.name) for a in places}
        assert Operator.objects.get().person.email in {login["email"] for login in sample_sign_ins["logins"]}

    def test_have_one_administrator_in_each_role_at_northwind(self, committed):
        roles = Counter(Administrator.objects.of_the_msp().filter(provider__name="Northwind MSP").values_list("role", flat=True))
        assert roles == dict.fromkeys(MSP_ROLES, 1)

    def test_are_limited_where_the_role_is(self, committed):
        for role in (Role.MANAGER, Role.HELP_DESK):
            administrator = Administrator.objects.get(role=role)
            assert 0 < administrator.access.count() < 40
            assert administrator.is_limited

    def test_have_someone_with_places_at_two_providers(self, committed):
        several = Person.objects.annotate(number=Count("places__provider", distinct=True)).filter(number=2)
        assert [person.email for person in several] == ["sam.rivera@cobalt.example"]

    def test_have_a_good_key_for_each_provider(self, committed, sample_sign_ins, run):
        from django.test import override_settings

        peppers = run.environment_for("any", 0)["KEY_PEPPERS"]
        number, _, pepper = peppers.split(",")[-1].partition(":")
        with override_settings(KEY_PEPPERS={int(number): bytes.fromhex(pepper)}):
            owners = {row["name"]: check(row["api_key"], at=datetime.now(UTC)) for row in sample_sign_ins["providers"]}
        assert all(owner.is_good and owner.key.provider.name == name for name, owner in owners.items())


class TestTheBooks:
    def test_meet_every_status(self, committed, now):
        invoices = Invoice.objects.filter(provider__name="Northwind MSP").as_of(now.date())
        assert {invoice.status for invoice in invoices} == {*InvoiceStatus.values, ""}

    def test_are_numbered_without_a_gap_in_the_order_of_their_dates(self, committed):
        for year in Invoice.objects.dates("issued_on", "year"):
            rows = Invoice.objects.filter(number__startswith=f"INV-{year.year}").order_by("number")
            assert [int(row.number[-5:]) for row in rows] == list(range(1, len(rows) + 1))
            assert [row.issued_on for row in rows] == sorted(row.issued_on for row in rows)

    def test_leave_the_monthly_run_nothing_to_do(self, committed, now):
        before = Invoice.objects.count()
        assert [turn.invoices for turn in run_billing(at=now)] == []
        assert Invoice.objects.count() == before > 30

    def test_show_bluefin_that_it_owes_the_vat_itself(self, committed):
        taxes = InvoiceTax.objects.filter(invoice__provider__name="Bluefin IT")
        assert {(str(tax), tax.amount, tax.note) for tax in taxes} == {
            ("VAT 0 %", 0, "Reverse charge: VAT is owed by the customer.")
        }

    def test_charge_bluefin_each_months_marks(self, committed):
        for invoice in Invoice.objects.filter(provider__name="Bluefin IT"):
            marks = ClosedMonth.objects.filter(provider=invoice.provider, month=invoice.month).aggregate(sum=Sum("users_mark"))
            assert invoice.lines.aggregate(sum=Sum("high_water_mark")) == marks

    def test_charge_northwind_its_overage_and_nothing_else_beside_the_commitment(self, committed):
        for invoice in Invoice.objects.filter(provider__name="Northwind MSP", kind="overage"):
            marks = ClosedMonth.objects.filter(provider=invoice.provider, month=invoice.month).aggregate(sum=Sum("users_mark"))[
                "sum"
            ]
            contract = Contract.objects.filter(provider=invoice.provider).in_force(invoice.month).get()
            assert invoice.lines.aggregate(sum=Sum("overage_part"))["sum"] == marks - contract.committed > 0


class TestTheCases:
    def test_stand_in_every_way(self, committed):
        cases = SupportCase.objects.select_related("provider")
        assert {case.status for case in cases} == set(CaseStatus)
        assert Counter(case.provider.name for case in cases) == {"Northwind MSP": 4, "Bluefin IT": 2}

    def test_have_a_conversation_that_the_log_tells_too(self, committed):
        turns = SupportMessage.objects.count()
        assert turns > 6
        told = AuditEvent.objects.filter(action__startswith="accounts.case.")
        assert told.count() == turns + SupportCase.objects.count()
        for case in SupportCase.objects.exclude(messages=None):
            last = case.messages.as_conversation().last()
            assert (case.status, case.changed_at) == (last.status, last.at)

    def test_were_mailed_long_ago(self, committed):
        assert OutboxMessage.objects.count() == 0


class TestTheHistory:
    def test_is_recounted_without_a_difference(self, committed, now):
        assert recount(at=now) == []

    def test_is_re_added_from_the_ledger_to_every_mark(self, committed):
        with connection.cursor() as cursor:
            cursor.execute(
                """select count(*) filter (where m.users_mark <> l.top), count(*) from (
                       select c.organization_id, c.users_mark, greatest(c.users_carried, max(e.count_after)) as top
                       from usage_closedmonth c
                       join usage_billingmonth b on b.provider_id = c.provider_id and b.month = c.month
                       left join usage_seatevent e on e.organization_id = c.organization_id and e.kind = 'user'
                            and e.at >= b.starts_at and e.at < b.ends_at
                       group by c.id) l join usage_closedmonth m using (organization_id, users_mark)"""
            )
            wrong, checked = cursor.fetchone()
        assert (wrong, checked > 500) == (0, True)

    def test_has_nothing_in_the_future(self, committed, now):
        with connection.cursor() as cursor:
            for column in (
                "usage_seatevent.at",
                "usage_user.suspended_at",
                "usage_user.created_at",
                "accounts_auditevent.at",
                "accounts_supportcase.changed_at",
                "accounts_supportmessage.at",
                "billing_payment.received_at",
            ):
                table, name = column.split(".")
                cursor.execute(f"select count(*) from {table} where {name} > now()")
                assert cursor.fetchone() == (0,), column

    def test_has_totals_for_every_hour_of_ten_weeks(self, committed):
        slots = LicenseTotal.objects.filter(provider__name="Northwind MSP").order_by("slot").values_list("slot", flat=True)
        assert len(slots) == 70 * 24 + 1
        assert (slots[len(slots) - 1] - slots[0]).total_seconds() == 70 * 24 * 3600

    def test_is_told_the_same_by_the_same_seed(self, now):
        def told(seed):
            random = Random(seed)
            names = Names(random)
            return [story_of(msp, names, random, ["Heike Albers"], now) for msp in MSPS[1:]]

        assert told(7) == told(7)
        assert told(7) != told(8)


class TestLoadingAgain:
    def test_is_refused_and_changes_nothing(self, committed):
        before = Organization.objects.count()
        with pytest.raises(CommandError, match="empty one only"):
            call_command("load_sample_data")
        assert Organization.objects.count() == before


@pytest.mark.full
@pytest.mark.parametrize(
    "at", ["2026-11-01T06:05", "2027-01-01T07:01", "2027-03-31T23:59", "2028-02-29T12:00", "2026-10-25T01:30"]
)
def test_any_day_gives_the_same_picture(db, at):
    from billing.sample.load import load

    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    load(seed=3, at=instant)
    assert figures("Cobalt Services", instant)["last"] == 17
    assert figures("Northwind MSP", instant)["users"] == sum(client.users for client in MSPS[0].clients)
    invoices = Invoice.objects.filter(provider__name="Northwind MSP").as_of(instant.date())
    assert {invoice.status for invoice in invoices} == {*InvoiceStatus.values, ""}
