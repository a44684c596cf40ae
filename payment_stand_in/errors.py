"""Errors in Stripe's shape."""

from typing import Any


class ApiError(Exception):
    """Nothing was done; the answer is this error."""

    def __init__(self, status: int, kind: str, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        self.error |= {name: value for name, value in (("code", code), ("param", param)) if value}

    @property
    def shape(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.error}


def invalid(message: str, code: str = "", param: str = "") -> ApiError:
    """A request that can't be carried out."""
    return ApiError(400, "invalid_request_error", message, code, param)


def no_such(kind: str, identity: str) -> ApiError:
    """A request for something that isn't there."""
    return ApiError(404, "invalid_request_error", f"No such {kind}: '{identity}'", "resource_missing", "id")


def not_let_in() -> ApiError:
    """A request without the secret key; the key that was sent is not repeated."""
    return ApiError(401, "invalid_request_error", "Invalid API Key provided.")


def out_of_order() -> ApiError:
    """What the real service says when it has a fault of its own."""
    return ApiError(500, "api_error", "Sorry! There was an error on the payment provider's side.")


def of_the_card(code: str, decline_code: str, message: str, intent: dict[str, Any]) -> dict[str, Any]:
    """The body of a 402: the bank's no, with the PaymentIntent that it was said to."""
    error = {"type": "card_error", "code": code, "message": message, "param": "", "payment_intent": intent}
    return {"error": {**error, "decline_code": decline_code} if decline_code else error}
