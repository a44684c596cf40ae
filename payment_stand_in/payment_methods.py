"""Saved cards and bank accounts."""

from payment_stand_in import events, instruments
from payment_stand_in.call import Answer, Call
from payment_stand_in.errors import invalid
from payment_stand_in.lists import PAGING, page
from payment_stand_in.state import Shape, State


def add_card(state: State, card: instruments.Card, month: int, year: int, name: str) -> Shape:
    """A PaymentMethod for a test card, of nobody yet."""
    details = {
        "brand": card.brand,
        "last4": card.number[-4:],
        "exp_month": month,
        "exp_year": year,
        "country": "US",
        "funding": "credit",
        "fingerprint": instruments.fingerprint(card.number),
    }
    return add(state, "card", details, name, card.number)


def add_account(state: State, kind: str, account: instruments.Account, name: str) -> Shape:
    """A PaymentMethod for a test bank account, of nobody yet."""
    details = {"last4": account.number[-4:], "fingerprint": instruments.fingerprint(account.number)}
    if kind == "us_bank_account":
        details |= {"bank_name": "TEST BANK", "routing_number": instruments.US_ROUTING, "account_type": "checking"}
    else:
        details |= {"bank_code": account.number[4:12], "country": account.number[:2]}
    return add(state, kind, details, name, account.number)


def add(state: State, kind: str, details: Shape, name: str, number: str) -> Shape:
    """Keep the method; its number, which is a published one, stays inside."""
    billing = {"name": name, "email": None, "phone": None}
    return state.add(
        "pm", "payment_method", {"type": kind, kind: details, "billing_details": billing, "customer": None, "_number": number}
    )


def give(state: State, method: Shape, customer: str) -> Shape:
    """Attach the method to the customer."""
    method["customer"] = customer
    events.tell(state, "payment_method.attached", state.save(method))
    return method


def retrieve(call: Call) -> Answer:
    """GET /v1/payment_methods/:id"""
    call.only()
    return Answer(call.state.find("payment_method", call.identity))


def attach(call: Call) -> Answer:
    """POST /v1/payment_methods/:id/attach"""
    call.only("customer")
    method = call.state.find("payment_method", call.identity)
    customer = call.state.find("customer", call.text("customer"))["id"]
    if method["customer"] not in {None, customer} or method.get("_detached"):
        raise invalid("This PaymentMethod was previously used or belongs to another customer.", "payment_method_unexpected_state")
    return Answer(give(call.state, method, customer))


def detach(call: Call) -> Answer:
    """POST /v1/payment_methods/:id/detach"""
    call.only()
    method = call.state.find("payment_method", call.identity)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    method |= {"customer": None, "_detached": True}
    events.tell(call.state, "payment_method.detached", call.state.save(method))
    return Answer(method)


def of_customer(call: Call) -> Answer:
    """GET /v1/payment_methods?customer=… and /v1/customers/:id/payment_methods"""
    call.only("customer", "type", *PAGING)
    customer = call.identity or call.text("customer")
    call.state.find("customer", customer)
    return Answer(page(call, "payment_method", "/v1/payment_methods", customer=customer))
