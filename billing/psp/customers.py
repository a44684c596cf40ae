"""Customers, and the cards and bank accounts that they add on the payment provider's own page."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings

from billing.psp.client import translated
from billing.psp.errors import NotFinished, Refused
from billing.psp.reading import PROVIDER, method_of, read
from billing.psp.results import HostedPage, Kind, MethodFacts

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

BANK_DEBITS: Final = {"USD": "us_bank_account", "EUR": "sepa_debit"}
USABLE: Final = "succeeded"


def wire_type(kind: Kind, currency: str) -> str:
    """The payment provider's word for the kind of method in that currency.

    :raises Refused: if bank accounts can't be debited in it.
    """
    if kind == "card":
        return "card"
    if currency not in BANK_DEBITS:
        raise Refused("bank_currency", f"Bank accounts are not debited in {currency}.")
    return BANK_DEBITS[currency]


def takes_bank_accounts(currency: str) -> bool:
    """Whether bank accounts can be debited in that currency."""
    return currency in BANK_DEBITS


def ensure_customer(*, provider_id: str, name: str, email: str, idempotency_key: str) -> str:
    """The id of the payment provider's customer for this provider; with the same key within a day the same one."""
    with translated() as client:
        customer = client.v1.customers.create(
            {"name": name, "email": email, "metadata": {PROVIDER: provider_id}}, {"idempotency_key": idempotency_key}
        )
    return customer.id


def open_setup(*, customer: str, provider_id: str, currency: str, kind: Kind, return_url: str, cancel_url: str) -> HostedPage:
    """A page of the payment provider's on which the customer adds a card or a bank account.

    :raises Refused: also if its address isn't under PSP_HOSTED_ORIGIN, as people are sent nowhere else.
    """
    method_type = wire_type(kind, currency)
    wanted: SessionCreateParams = {
        "mode": "setup",
        "customer": customer,
        "currency": currency.lower(),
        "allowed_payment_method_types": [method_type],
        "success_url": return_url,
        "cancel_url": cancel_url,
        "client_reference_id": provider_id,
        "metadata": {PROVIDER: provider_id},
    }
    if method_type == "us_bank_account":  # no account that would wait for two small deposits to be read back
        wanted["payment_method_options"] = {"us_bank_account": {"verification_method": "instant"}}
    with translated() as client:
        session = client.v1.checkout.sessions.create(wanted)
    if origin(session.url or "") != settings.PSP_HOSTED_ORIGIN:
        raise Refused("hosted_origin", "The payment page is not where PSP_HOSTED_ORIGIN says.")
    return HostedPage(url=session.url or "", session_id=session.id)


def origin(url: str) -> str:
    """Scheme, host and port of the address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def method_of_session(*, session_id: str) -> MethodFacts:
    """The card or bank account that was added on the hosted page.

    :raises NotFinished: if none was, or it still has to be confirmed.
    """
    with translated() as client:
        found = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["setup_intent.payment_method"]})
    session = found.to_dict()
    intent = session.get("setup_intent") or {}
    if session.get("status") != "complete" or intent.get("status") != USABLE:
        raise NotFinished(f"{session.get('status')}:{intent.get('status')}")
    provider_id = (session.get("metadata") or {}).get(PROVIDER, "")
    return read(lambda method: method_of(method, provider_id), intent["payment_method"])


def detach(*, token: str) -> None:
    """Take the card or bank account away from its customer, for good.

    :raises Refused: if it was taken away before.
    """
    with translated() as client:
        client.v1.payment_methods.detach(token)
