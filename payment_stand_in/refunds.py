"""Refunds."""

from payment_stand_in import events
from payment_stand_in.call import Answer, Call
from payment_stand_in.charges import change_charge, latest
from payment_stand_in.errors import invalid
from payment_stand_in.lists import PAGING, page


def create(call: Call) -> Answer:
    """POST /v1/refunds"""
    call.only("payment_intent", "amount", "metadata", "reason")
    intent = call.state.find("payment_intent", call.text("payment_intent"))
    if intent["status"] != "succeeded":
        raise invalid("This PaymentIntent does not have a successful charge to refund.", "charge_not_refundable")
    charge = latest(call.state, intent)
    left = charge["amount"] - charge["amount_refunded"]
    amount = call.whole("amount", str(left)) if left else 0
    if charge["disputed"] or not left:
        raise invalid("The charge has already been refunded or charged back.", "charge_already_refunded")
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).", "amount_too_large")
    refund = call.state.add(
        "re",
        "refund",
        {
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": call.branch("metadata"),
        },
    )
    refunded = charge["amount_refunded"] + amount
    events.tell(call.state, "refund.created", refund)
    changes = {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
    change_charge(call.state, charge, changes, "charge.refunded")
    events.tell(call.state, "refund.updated", refund)
    return Answer(refund)


def retrieve(call: Call) -> Answer:
    """GET /v1/refunds/:id"""
    call.only()
    return Answer(call.state.find("refund", call.identity))


def of_intent(call: Call) -> Answer:
    """GET /v1/refunds"""
    call.only("payment_intent", *PAGING)
    intent = call.text("payment_intent", "")
    return Answer(page(call, "refund", "/v1/refunds", **({"intent": intent} if intent else {})))
