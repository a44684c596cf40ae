"""A customer at the payment provider's stand-in, who adds methods as a person does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing import psp
from tests.services import stand_in as numbers

NORTHWIND = "0f00000000000000000000a1"
BACK = "http://portal.example/methods/added/"


@dataclass
class Customer:
    """Somebody who pays: what every test asks of the adapter, with the parts that it isn't about filled in."""

    stand_in: object
    id: str

    def opens(self, kind="card", currency="USD", back=BACK):
        return psp.open_setup(
            customer=self.id,
            provider_id=NORTHWIND,
            currency=currency,
            kind=kind,
            return_url=back,
            cancel_url="http://portal.example/methods/",
        )

    def adds(self, number="4242424242424242", kind="card", currency="USD"):
        """A method added on the hosted page, confirmed there if its bank asks."""
        page = self.opens(kind, currency)
        form = {("card", "USD"): numbers.GOOD_CARD, ("bank_account", "USD"): numbers.GOOD_ACCOUNT}.get(
            (kind, currency), numbers.GOOD_IBAN
        )
        status, leads_to, text = self.stand_in.pay_page(page.url, **{**form, "number": number})
        if "/confirm/" in leads_to:
            status, leads_to, text = self.stand_in.answer_page(leads_to)
        assert (status, leads_to) == (303, BACK), numbers.problem_on(text)
        return psp.method_of_session(session_id=page.session_id)

    def pays(self, method, amount="12.50", currency="USD", key="invoice-1", **more):
        given = {"off_session": True, "metadata": {"portal_attempt": key}, **more}
        return psp.charge(
            customer=self.id,
            token=method.token,
            kind=method.kind,
            amount=Decimal(amount),
            currency=currency,
            idempotency_key=key,
            **given,
        )

    def charges(self, since=datetime(2020, 1, 1, tzinfo=UTC)):
        return psp.find_charges(customer=self.id, since=since)


@pytest.fixture
def customer(stand_in):
    name = {"name": "Northwind MSP", "email": "bills@northwind.example"}
    return Customer(stand_in, psp.ensure_customer(provider_id=NORTHWIND, **name, idempotency_key="northwind"))
