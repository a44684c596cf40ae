"""An invoice's life in one list: what happened to it, in order, and what comes next by its plan."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.declines import words_of
from billing.models import LIVE, Charge, ChargeState, Invoice, Payment

CHARGE_WORDS: Final = {
    ChargeState.INTENDED: gettext_lazy("%(method)s is being charged"),
    ChargeState.UNKNOWN: gettext_lazy("%(method)s is being charged"),
    ChargeState.PROCESSING: gettext_lazy("%(method)s is being charged, under way with the bank"),
    ChargeState.REQUIRES_ACTION: gettext_lazy("%(method)s waits for confirmation"),
    ChargeState.SUCCEEDED: gettext_lazy("%(method)s was charged"),
    ChargeState.FAILED: gettext_lazy("%(method)s was declined"),
}
CHARGE_ICONS: Final = {
    ChargeState.SUCCEEDED: "circle-check",
    ChargeState.FAILED: "circle-x",
    ChargeState.REQUIRES_ACTION: "circle-alert",
}
CHARGE_TONES: Final = {ChargeState.SUCCEEDED: "ok", ChargeState.FAILED: "over", ChargeState.REQUIRES_ACTION: "near"}
PAYMENT_ICONS: Final = {Payment.Kind.REFUND: "undo-2", Payment.Kind.RETURN: "undo-2", Payment.Kind.WRITE_OFF: "eraser"}


@dataclass(frozen=True)
class Entry:
    """Something that happened: `words` say what, `note` says more, `url` leads to a page of its own. `tone`: as a badge's kind."""

    at: datetime
    icon: str
    words: str
    amount: Decimal
    note: str = ""
    tone: str = "neutral"
    url: str = ""


def timeline_of(invoice: Invoice) -> list[Entry]:
    """What happened so far, the oldest first; three statements."""
    entries = [
        Entry(invoice.issued_at, "receipt-text", _("Issued"), invoice.total_amount),
        *(_of_charge(charge) for charge in invoice.charges.select_related("method").order_by("attempt")),
        # What a charge brought is told by the charge.
        *(_of_payment(payment) for payment in invoice.payments.filter(charge=None).order_by("received_at", "pk")),
        *(_of_credit_note(note) for note in invoice.credit_notes.order_by("issued_on", "number")),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _of_charge(charge: Charge) -> Entry:
    state = ChargeState(charge.state)
    why = words_of(charge.decline_code) if state == ChargeState.FAILED else ""
    by = _("ordered by %(name)s") % {"name": charge.by} if charge.by else str(charge.get_reason_display())
    return Entry(
        at=charge.settled_at or charge.intended_at,
        icon=CHARGE_ICONS.get(state, "loader"),
        words=str(CHARGE_WORDS[state]) % {"method": charge.method},
        amount=charge.amount,
        note=f"{why} ({by})" if why else by,
        tone=CHARGE_TONES.get(state, "accent"),
        url=reverse("payment-progress", args=[charge.pk]) if state in LIVE else "",
    )


def _of_payment(payment: Payment) -> Entry:
    kind = Payment.Kind(payment.kind)
    went_back = payment.amount < 0
    return Entry(
        at=payment.received_at,
        icon=PAYMENT_ICONS.get(kind, "circle-check"),
        words=str(kind.label),
        amount=payment.amount,
        note=payment.reference,
        tone="near" if went_back else "ok",
    )


def _of_credit_note(note: Invoice) -> Entry:
    words = _("Credit note %(number)s") % {"number": note.number}
    return Entry(note.issued_at, "file-minus", words, note.total_amount, note=note.reason, url=note.get_absolute_url())
