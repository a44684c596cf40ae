"""Charges: one for each time that a bank was asked."""

from payment_stand_in import events
from payment_stand_in.call import Answer, Call
from payment_stand_in.lists import PAGING, page
from payment_stand_in.state import Shape, State


def add_charge(state: State, intent: Shape, status: str = "new") -> Shape:
    """A charge for the PaymentIntent, of which nothing is known yet."""
    same = {name: intent[name] for name in ("amount", "currency", "customer", "payment_method", "metadata")}
    outcome = {"status": status, "paid": False, "captured": True, "failure_code": None, "failure_message": None}
    money = {"amount_refunded": 0, "refunded": False, "disputed": False}
    return state.add("ch", "charge", {**same, **outcome, **money, "payment_intent": intent["id"]})


def change_charge(state: State, charge: Shape, changes: Shape, event: str) -> Shape:
    """Change the charge and tell of it."""
    charge |= changes
    events.tell(state, event, state.save(charge))
    return charge


def latest(state: State, intent: Shape) -> Shape:
    """The charge that counts for the PaymentIntent."""
    return state.find("charge", intent["latest_charge"])


def retrieve(call: Call) -> Answer:
    """GET /v1/charges/:id"""
    call.only()
    return Answer(call.state.find("charge", call.identity))


def of_customer(call: Call) -> Answer:
    """GET /v1/charges"""
    call.only("customer", "payment_intent", *PAGING)
    columns = {"customer": call.text("customer", ""), "intent": call.text("payment_intent", "")}
    fixed = {column: value for column, value in columns.items() if value}
    return Answer(page(call, "charge", "/v1/charges", **fixed))
