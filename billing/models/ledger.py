"""The ledger: double entry by provider. The database alone writes it (`billing/migrations/0004_ledger.sql`), from what was issued and paid."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.fields import amount_field, currency_field


class Posting(TenantRow):
    """One side of a billing event. Debit is above zero, credit below; the postings of one event add up to zero at the commit.

    What is owed on an invoice is the sum of its postings on the receivable account, and nothing else (`InvoiceQuerySet.as_of`).
    """

    class Event(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")
        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")
        RETURN = "return", _("Return")
        WRITE_OFF = "write_off", _("Write-off")

    class Account(models.TextChoices):
        RECEIVABLE = "receivable", _("Receivable")
        REVENUE = "revenue", _("Revenue")
        TAX = "tax", _("Tax")
        CASH = "cash", _("Cash")
        BAD_DEBT = "bad_debt", _("Bad debt")

    at = models.DateTimeField(_("at"), editable=False)
    event = models.CharField(_("event"), max_length=12, choices=Event, editable=False)
    account = models.CharField(_("account"), max_length=12, choices=Account, editable=False)
    currency = currency_field()
    amount = amount_field(_("amount"))
    invoice = models.ForeignKey(
        "billing.Invoice",
        models.PROTECT,
        related_name="postings",
        db_constraint=False,
        editable=False,
        help_text="The one that is billed or settled; for a credit note the one that it corrects.",
    )
    issued = models.ForeignKey(
        "billing.Invoice",
        models.PROTECT,
        null=True,
        related_name="own_postings",
        db_constraint=False,
        editable=False,
        help_text="The invoice or credit note that says it.",
    )
    payment = models.ForeignKey(
        "billing.Payment",
        models.PROTECT,
        null=True,
        related_name="postings",
        db_constraint=False,
        editable=False,
        help_text="The payment that says it.",
    )

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("ledger")
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="a_posting_moves_something"),
            models.CheckConstraint(
                condition=models.Q(issued=None, payment__isnull=False) | models.Q(issued__isnull=False, payment=None),
                name="a_posting_has_one_source",
            ),
        ]
        indexes = [
            models.Index(
                fields=["invoice"],
                include=["event", "amount"],
                condition=models.Q(account="receivable"),
                name="receivable_of_invoice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.account}"
