"""The API's addresses, and what stands before each of them: the key, the planned fault, the idempotency key."""

import hmac
import json
import time
from collections.abc import Callable
from typing import Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from payment_stand_in import charges, customers, faults, idempotency, payment_intents, payment_methods, refunds, sessions
from payment_stand_in.call import Answer, Call
from payment_stand_in.errors import ApiError, invalid, not_let_in, out_of_order
from payment_stand_in.hang_up import hang_up
from payment_stand_in.lists import expanded
from payment_stand_in.settings import Settings
from payment_stand_in.state import Memory, Shape, State, new_id, shown
from payment_stand_in.wire_form import nested

Endpoint = Callable[[Call], Answer]

ENDPOINTS: Final[dict[tuple[str, str], Endpoint]] = {
    ("POST", "/v1/customers"): customers.create,
    ("GET", "/v1/customers/<identity>"): customers.retrieve,
    ("GET", "/v1/customers/<identity>/payment_methods"): payment_methods.of_customer,
    ("POST", "/v1/checkout/sessions"): sessions.create,
    ("GET", "/v1/checkout/sessions/<identity>"): sessions.retrieve,
    ("GET", "/v1/setup_intents/<identity>"): sessions.setup_intent,
    ("GET", "/v1/payment_methods"): payment_methods.of_customer,
    ("GET", "/v1/payment_methods/<identity>"): payment_methods.retrieve,
    ("POST", "/v1/payment_methods/<identity>/attach"): payment_methods.attach,
    ("POST", "/v1/payment_methods/<identity>/detach"): payment_methods.detach,
    ("POST", "/v1/payment_intents"): payment_intents.create,
    ("GET", "/v1/payment_intents"): payment_intents.of_customer,
    ("GET", "/v1/payment_intents/<identity>"): payment_intents.retrieve,
    ("POST", "/v1/payment_intents/<identity>/confirm"): payment_intents.confirm,
    ("POST", "/v1/payment_intents/<identity>/cancel"): payment_intents.cancel,
    ("POST", "/v1/refunds"): refunds.create,
    ("GET", "/v1/refunds"): refunds.of_intent,
    ("GET", "/v1/refunds/<identity>"): refunds.retrieve,
    ("GET", "/v1/charges"): charges.of_customer,
    ("GET", "/v1/charges/<identity>"): charges.retrieve,
}
ADDRESSES: Final = Map([Rule(path, methods=[method], endpoint=endpoint) for (method, path), endpoint in ENDPOINTS.items()])


def answer(request: Request, memory: Memory, settings: Settings) -> Response:
    """What goes back for a call, or nothing at all where a fault says so."""
    try:
        let_in(request, settings)
        fault = faults.next_for(memory, request.method, request.path)
        if fault.action == "drop_before":
            return hang_up(request)
        if fault.action == "500_before":
            raise out_of_order()
        return carry_out(request, memory, settings, fault)
    except ApiError as error:
        return respond(error.shape, error.status)


def let_in(request: Request, settings: Settings) -> None:
    """:raises ApiError: 401 without the secret key."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(sent.encode(), settings.secret_key.encode()):
        raise not_let_in()


def carry_out(request: Request, memory: Memory, settings: Settings, fault: faults.Fault) -> Response:
    """Do what is asked, once a key, and answer as far as the fault lets it."""
    body = request.get_data()
    key = idempotency.keyed(request.headers.get("Idempotency-Key", ""), request.method, request.path, body)
    former = idempotency.begin(memory, key) if key else None
    if former is not None:
        return respond(former.shape, former.status, {"Idempotent-Replayed": "true"})
    done = idempotency.run(memory, key, lambda state: work(request, state, settings))
    time.sleep(fault.seconds)
    idempotency.end(memory, key)
    if fault.action == "drop_after":
        return hang_up(request)
    if fault.action == "500_after":
        raise out_of_order()
    return respond(done.shape, done.status)


def work(request: Request, state: State, settings: Settings) -> Answer:
    """The endpoint's answer, with what is to be expanded in it."""
    try:
        endpoint, path = ADDRESSES.bind("").match(request.path, request.method)
    except HTTPException:
        raise ApiError(404, "invalid_request_error", f"Unrecognized request URL ({request.method}: {request.path}).") from None
    sent = request.args if request.method == "GET" else request.form
    try:
        call = Call(state, settings, nested(sent.items(multi=True)), path.get("identity", ""))
        done = endpoint(call)
    except (TypeError, ValueError, LookupError, AttributeError) as error:  # parameters of a shape that nobody reckoned with
        raise invalid(f"Invalid request: {type(error).__name__}") from error
    return Answer(expanded(state, done.shape, call.texts("expand")), done.status)


def respond(shape: Shape, status: int, headers: dict[str, str] | None = None) -> Response:
    """The shape as JSON."""
    response = Response(json.dumps(shown(shape), indent=1), status, headers, "application/json")
    response.headers["Request-Id"] = new_id("req")
    return response
