"""What can go wrong with the payment provider, by what the portal has to do next."""


class PaymentProviderError(Exception):
    """Any of the below; `code` is a short word for logs, rows and tests and tells nothing secret."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Declined(PaymentProviderError):
    """The bank said no. `code` is its reason (`insufficient_funds`), `message` words for the payer; nothing was charged."""

    def __init__(self, code: str, message: str, charge_id: str = "") -> None:
        super().__init__(code, message)
        self.charge_id = charge_id


class NeedsAction(PaymentProviderError):
    """The bank wants the card's holder to confirm, and nobody is there: nothing was charged; charge again on-session."""

    def __init__(self, message: str, charge_id: str = "") -> None:
        super().__init__("authentication_required", message)
        self.charge_id = charge_id


class Unknown(PaymentProviderError):
    """No answer, or none that can be read: it may have happened. Find out by `find_charges`, never by a new key."""


class Refused(PaymentProviderError):
    """What we asked for can't be asked for; nothing happened, and asking again won't help."""


class NotFinished(PaymentProviderError):
    """The hosted page was not finished (yet), or it has no method that may be used."""


class BadSignature(PaymentProviderError):
    """The webhook was not signed with any of our secrets, or is no event at all."""


class TooOld(PaymentProviderError):
    """The webhook is signed, but at a time too far from now: a replay, or a clock that is wrong."""
