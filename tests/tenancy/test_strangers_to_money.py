"""A stranger to an MSP's money by raw SQL: what it owes, paid, and pays with is its own, and what is in the ledger is nobody's to write."""

from decimal import Decimal

import pytest

from billing.actions.payments import record_payment
from billing.models import BillingAccount, MethodSetup, PaymentMethod, WebhookEvent
from tests import raw
from tests.billing.paying import bills, mean, now
from tests.tenancy.test_strangers import FOREIGN_KEY, NO_PRIVILEGE, changed, refusal

SEEN = ("posting", "charge", "payment", "paymentmethod", "methodsetup", "billingaccount")
CHARGE = """
    insert into billing_charge (provider_id, invoice_id, method_id, attempt, reason, state, amount, currency, psp_id, action_url,
                                decline_code, intended_at, by) values (%s, %s, %s, 2, 'pay_now', %s, %s, 'USD', '', '', '', now(), '')
"""
INTO_THE_LEDGER = """
    insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, issued_id)
    values (%s, now(), 'invoice', 'receivable', 'USD', -1, %s, %s)
"""
PAID = """
    insert into billing_payment (provider_id, invoice_id, kind, amount, received_at, reference, psp_id, recorded_by)
    values (%s, %s, 'card', 1, now(), '', '', '')
"""
INTO_THE_INBOX = """
    insert into billing_webhookevent (id, kind, created_at, received_at, body, tries, outcome, note)
    values ('evt_1', 'x', now(), now(), '{}', 0, '', '')
"""
ONLY_THE_WORKER = [
    "update billing_charge set state = 'succeeded'",
    "update billing_charge set amount = 1",
    "update billing_refund set state = 'succeeded'",
    "update billing_billingaccount set psp_customer = 'cus_other'",
    "update billing_paymentmethod set sealed_token = 'other'",
    "update billing_paymentmethod set provider_id = 'x'",
    "update billing_methodsetup set session_id = 'other'",
    "update billing_posting set amount = 0",
    "update billing_payment set amount = 0",
    "delete from billing_charge",
    "delete from billing_paymentmethod",
    "select * from billing_webhookevent",
    "update billing_webhookevent set processed_at = now()",
]


@pytest.fixture
def web(committed):
    return committed.connect("web", autocommit=True)


def of(provider):
    """An invoice paid in part, a method, and a charge on its way."""
    provider.invoice, provider.other_invoice = bills(provider, 2)
    record_payment(invoice=provider.invoice, kind="bank_transfer", amount=Decimal(2), reference="", by=None, at=now())
    provider.method = PaymentMethod.objects.create(
        provider=provider, kind="card", brand="Visa", last4="4242", place=1, token_digest=provider.pk
    )
    BillingAccount.objects.create(provider=provider, psp_customer=f"cus_{provider.pk}")
    MethodSetup.objects.create(provider=provider, kind="card", administrator_id="x", by="x", started_at=now())
    mean(provider.invoice, provider.method)
    return provider


@pytest.fixture
def theirs(cast):
    """Northwind's money."""
    return of(cast.northwind.provider)


@pytest.fixture
def mine(cast):
    return of(cast.bluefin.provider)


def count(connection, administrator, table, provider):
    with raw.scope_of(connection, administrator):
        return connection.execute(f"select count(*) from billing_{table} where provider_id = %s", [provider.pk]).fetchone()[0]


class TestAStrangerToMoney:
    def test_sees_none_of_it_while_the_msp_does(self, web, cast, theirs):
        client = cast.northwind.clients[0].administrator
        for table in SEEN:
            assert [count(web, who, table, theirs) for who in (cast.bluefin.owner, client)] == [0, 0], table
            assert count(web, cast.northwind.owner, table, theirs) > 0, f"the control: {table}"

    def test_charges_neither_their_invoice_nor_their_method(self, web, cast, theirs, mine):
        me = cast.bluefin.owner
        assert refusal(web, me, CHARGE, [theirs.pk, theirs.other_invoice.pk, theirs.method.pk, "intended", 1]) == NO_PRIVILEGE
        assert refusal(web, me, CHARGE, [mine.pk, mine.other_invoice.pk, theirs.method.pk, "intended", 1]) == FOREIGN_KEY
        assert refusal(web, me, CHARGE, [mine.pk, theirs.other_invoice.pk, mine.method.pk, "intended", 1]) in {
            FOREIGN_KEY,
            "BL004",
        }
        assert changed(web, me, CHARGE, [mine.pk, mine.other_invoice.pk, mine.method.pk, "intended", 1]) == 1, "the control"

    def test_makes_no_charge_that_came_to_an_end_or_is_over_too_much(self, web, cast, mine):
        for state, amount in (("succeeded", 1), ("intended", 999)):
            row = [mine.pk, mine.other_invoice.pk, mine.method.pk, state, amount]
            assert refusal(web, cast.bluefin.owner, CHARGE, row) == "BL004"

    def test_like_the_msp_itself_does_not_do_the_workers_work(self, web, cast, mine):
        for statement in ONLY_THE_WORKER:
            assert refusal(web, cast.bluefin.owner, statement, []) == NO_PRIVILEGE, statement
        assert refusal(web, cast.bluefin.owner, INTO_THE_LEDGER, [mine.pk, mine.invoice.pk, mine.invoice.pk]) == NO_PRIVILEGE
        assert refusal(web, cast.bluefin.owner, PAID, [mine.pk, mine.invoice.pk]) == NO_PRIVILEGE

    def test_may_put_a_webhook_into_the_inbox_only_outside_of_a_scope(self, web, cast):
        assert refusal(web, cast.bluefin.owner, INTO_THE_INBOX, []) == NO_PRIVILEGE
        web.execute(INTO_THE_INBOX)
        assert WebhookEvent.objects.count() == 1
