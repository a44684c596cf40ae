"""Why no payment method came of a setup: the word in the row, and what the person reads."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Failure(models.TextChoices):
    """The label is the sentence on the page."""

    NO_ANSWER = "no_answer", _("The payment provider does not answer at the moment. Nothing was added.")
    REFUSED = "refused", _("The payment provider refused. Nothing was added. If it happens again, tell your account manager.")
    BANK_CURRENCY = "bank_currency", _("Bank accounts can't be debited in the currency of your invoices. Add a card instead.")
    NOT_FINISHED = "not_finished", _("Nothing was added on the payment provider's page.")
    ON_FILE = "on_file", _("It is on file already, so it was not added a second time. If it has a new expiry date, replace it.")
    NOT_ALLOWED = "not_allowed", _("Whoever started this may no longer edit billing. Nothing was added.")
    NOT_OURS = "not_ours", _("What the payment provider told does not belong to this account. Nothing was added.")
    TOO_MANY = "too_many", _("There are as many payment methods as there may be. Nothing was added.")
    TOO_LATE = "too_late", _("It was not finished in time. Nothing was added.")


REFUSED_BY_US: Final = {Failure.ON_FILE, Failure.NOT_ALLOWED, Failure.NOT_OURS, Failure.TOO_MANY}
"""After these the payment provider has no such method any more. After the others it may be added after all."""

FINAL_REFUSALS: Final = {"bank_currency": Failure.BANK_CURRENCY}
"""Of the payment provider, by its code, where there is more to say than that it refused."""


def words_of(failure: str) -> str:
    """The sentence for the word in the row."""
    return str(Failure(failure).label) if failure in Failure.values else str(Failure.REFUSED.label)
