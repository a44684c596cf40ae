"""What a decline means: the payment provider's code in words that a person understands, and whether another try can help."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Decline:
    """`is_final`: trying the same card again by itself can't get better; it takes a person."""

    words: str | Promise
    is_final: bool = False


_ASK_THE_BANK: Final = Decline(_("The bank declined it and gives no reason. It tells only the holder more."))
_LOST: Final = Decline(_("The bank says that the card was reported lost or stolen."), is_final=True)
_WRONG_NUMBER: Final = Decline(_("The number is wrong, or belongs to no account any more."), is_final=True)
_NO_SUCH_ACCOUNT: Final = Decline(_("The bank says that it does not know the account."), is_final=True)
_CONFIRM: Final = Decline(_("The bank wants the holder to confirm this payment."), is_final=True)
_NOT_ALLOWED: Final = Decline(_("The bank does not allow payments of this kind with it."), is_final=True)
_BACK: Final = Decline(_("The bank took the money back."), is_final=True)
_NO_MANDATE: Final = Decline(_("The account's holder does not allow debits, or no longer does."), is_final=True)

RETURNED: Final = "returned"
"""Our own word for money that came and was taken back by the bank."""

DECLINES: Final[dict[str, Decline]] = {
    "insufficient_funds": Decline(_("The bank says there is not enough money in the account.")),
    "card_velocity_exceeded": Decline(_("The card is over its limit for now.")),
    "withdrawal_count_limit_exceeded": Decline(_("The card is over its limit for now.")),
    "processing_error": Decline(_("Something went wrong at the bank.")),
    "issuer_not_available": Decline(_("The bank could not be reached.")),
    "reenter_transaction": Decline(_("Something went wrong at the bank.")),
    "try_again_later": Decline(_("Something went wrong at the bank.")),
    "approve_with_id": Decline(_("The bank could not approve it.")),
    "call_issuer": _ASK_THE_BANK,
    "card_declined": _ASK_THE_BANK,
    "do_not_honor": _ASK_THE_BANK,
    "generic_decline": _ASK_THE_BANK,
    "no_action_taken": _ASK_THE_BANK,
    "expired_card": Decline(_("The card has expired."), is_final=True),
    "lost_card": _LOST,
    "stolen_card": _LOST,
    "pickup_card": _LOST,
    "fraudulent": Decline(_("The bank took it for fraud."), is_final=True),
    "incorrect_number": _WRONG_NUMBER,
    "invalid_number": _WRONG_NUMBER,
    "invalid_account": _NO_SUCH_ACCOUNT,
    "no_account": _NO_SUCH_ACCOUNT,
    "account_closed": Decline(_("The bank says that the account was closed."), is_final=True),
    "account_frozen": Decline(_("The bank says that the account is frozen."), is_final=True),
    "new_account_information_available": Decline(_("The card was replaced by a newer one."), is_final=True),
    "incorrect_cvc": Decline(_("The card's security code is wrong."), is_final=True),
    "invalid_cvc": Decline(_("The card's security code is wrong."), is_final=True),
    "invalid_expiry_month": Decline(_("The card's expiry date is wrong."), is_final=True),
    "invalid_expiry_year": Decline(_("The card's expiry date is wrong."), is_final=True),
    "authentication_required": _CONFIRM,
    "payment_intent_authentication_failure": Decline(_("The holder did not confirm it at the bank."), is_final=True),
    "card_not_supported": _NOT_ALLOWED,
    "currency_not_supported": Decline(_("It can't be charged in the invoice's currency."), is_final=True),
    "restricted_card": _NOT_ALLOWED,
    "service_not_allowed": _NOT_ALLOWED,
    "transaction_not_allowed": _NOT_ALLOWED,
    "not_permitted": _NOT_ALLOWED,
    "revocation_of_authorization": _NO_MANDATE,
    "revocation_of_all_authorizations": _NO_MANDATE,
    "stop_payment_order": _NO_MANDATE,
    "debit_not_authorized": _NO_MANDATE,
    "customer_disputed": _BACK,
    RETURNED: _BACK,
    # Of the payment provider's own, and ours: it never came to the bank.
    "canceled": Decline(_("It was not confirmed at the bank in time."), is_final=True),
    "never_arrived": Decline(_("It did not reach the bank.")),
    "not_owed": Decline(_("Less was owed by then, so nothing was charged.")),
    "payment_method_removed": Decline(_("The payment method was removed before it was charged."), is_final=True),
}
"""By the codes of the payment provider's public API, of cards and of bank debits alike."""


def words_of(code: str) -> str:
    """Why it was declined, as a sentence."""
    return str(DECLINES.get(code, _ASK_THE_BANK).words)


def is_final(code: str) -> bool:
    """Whether another try of the same card can't get better. A code we don't know may."""
    return DECLINES.get(code, _ASK_THE_BANK).is_final
