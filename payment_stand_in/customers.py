"""Customers."""

from payment_stand_in.call import Answer, Call


def create(call: Call) -> Answer:
    """POST /v1/customers"""
    call.only("name", "email", "metadata", "description")
    return Answer(
        call.state.add(
            "cus",
            "customer",
            {
                "name": call.text("name", ""),
                "email": call.text("email", ""),
                "metadata": call.branch("metadata"),
                "invoice_settings": {"default_payment_method": None},
            },
        )
    )


def retrieve(call: Call) -> Answer:
    """GET /v1/customers/:id"""
    call.only()
    return Answer(call.state.find("customer", call.identity))
