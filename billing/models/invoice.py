"""Invoices. The database freezes them when they are issued (`billing/migrations/0002_frozen.sql`)."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.document import Document
from billing.models.fields import amount_field, currency_field, price_field
from billing.models.ledger import Posting

AMOUNT = DecimalField(max_digits=14, decimal_places=3)
NOTHING = Value(Decimal(0), output_field=AMOUNT)


class InvoiceStatus(models.TextChoices):
    """Derived from amounts and dates by `InvoiceQuerySet.as_of`, never typed. A credit note has none."""

    OPEN = "Open", _("Open")
    PARTIALLY_PAID = "Partially Paid", _("Partially Paid")
    PAID_IN_FULL = "Paid In Full", _("Paid In Full")
    PAST_DUE = "Past Due", _("Past Due")
    VOID = "Void", _("Void")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def as_of(self, day: date) -> Self:
        """Adds what became of each by `day`: `paid_amount`, `credited_amount`, `owed_amount` and `status`, from the ledger alone.

        Paid is net of refunds and returns, credited has what was written off too, so billed = paid + owed + credited; an overpaid invoice
        owes less than nothing. A credit note is settled by the invoice that it corrects: it owes nothing and its status is empty.
        """
        is_credit = Q(kind=Invoice.Kind.CREDIT_NOTE)
        statuses = [
            When(is_credit, then=Value("")),
            When(
                Exists(Invoice.objects.filter(corrects=OuterRef("pk"))) & Q(credited_amount__gte=F("total_amount")),
                then=Value("Void"),
            ),
            When(owed_amount__lte=0, then=Value(InvoiceStatus.PAID_IN_FULL)),
            When(due_on__lt=day, then=Value(InvoiceStatus.PAST_DUE)),
            When(paid_amount__gt=0, then=Value(InvoiceStatus.PARTIALLY_PAID)),
        ]
        return self.annotate(
            paid_amount=-_received(Posting.Event.PAYMENT, Posting.Event.REFUND, Posting.Event.RETURN),
            credited_amount=-_received(Posting.Event.CREDIT_NOTE, Posting.Event.WRITE_OFF),
        ).annotate(
            owed_amount=Case(
                When(is_credit, then=NOTHING),
                default=F("total_amount") - F("credited_amount") - F("paid_amount"),
                output_field=AMOUNT,
            ),
            status=Case(*statuses, default=Value(InvoiceStatus.OPEN), output_field=models.CharField()),
        )

    def unpaid(self) -> Self:
        """Those of which something is owed; after `as_of`."""
        return self.filter(owed_amount__gt=0)

    def newest_first(self) -> Self:
        return self.order_by("-issued_on", "-number")


def _received(*events: str) -> Coalesce:
    """What these events moved on the receivable account of an invoice, nothing where there were none; one correlated subquery."""
    rows = Posting.objects.filter(invoice=OuterRef("pk"), account=Posting.Account.RECEIVABLE, event__in=events)
    total = rows.order_by().values("invoice").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(total, output_field=AMOUNT), NOTHING)


class Invoice(TenantRow):
    """An issued invoice, or a credit note that points at the one it corrects. Never changed, by trigger and by privilege.

    `month` is the billing month that is charged, in `time_zone`; `marks_month` the one whose marks the lines show: they differ where a
    commitment is paid in advance.
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("Monthly invoice")
        OVERAGE = "overage", _("Overage invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, editable=False)
    revision = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="2 for one that replaces a voided one of that month."
    )
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="credit_notes", db_constraint=False, editable=False
    )
    contract_number = models.CharField(_("contract"), max_length=32, blank=True, editable=False)
    month = models.DateField(_("month"), editable=False, help_text="Its first day.")
    marks_month = models.DateField(editable=False, help_text="Its first day.")
    time_zone = models.CharField(max_length=64, editable=False)
    issued_on = models.DateField(_("issued on"), editable=False)
    due_on = models.DateField(_("due on"), editable=False)
    currency = currency_field()
    total_amount = amount_field(_("total"))
    billed_to = models.JSONField(default=dict, editable=False, help_text="The billing information when it was issued.")
    reason = models.CharField(_("reason"), max_length=255, blank=True, editable=False, help_text="Why a credit note was made.")
    issued_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.UniqueConstraint("provider", "id", name="invoice_of_its_provider"),
            models.UniqueConstraint(
                "provider", "kind", "month", "revision", condition=~Q(kind="credit_note"), name="one_invoice_a_month_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_note", corrects__isnull=False, total_amount__lte=0)
                | (~Q(kind="credit_note") & Q(corrects=None, total_amount__gte=0)),
                name="credit_notes_correct_an_invoice",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-issued_on", "-number"], name="invoice_by_date"),
            models.Index(fields=["corrects"], condition=Q(corrects__isnull=False), name="credit_note_of_invoice"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("invoice", args=[self.pk])

    @property
    def is_credit_note(self) -> bool:
        return self.kind == self.Kind.CREDIT_NOTE

    @property
    def net_amount(self) -> Decimal:
        """What the lines add up to, before the `taxes`, which this reads."""
        return self.total_amount - sum((tax.amount for tax in self.taxes.all()), Decimal(0))

    @property
    def has_parts(self) -> bool:
        """Whether a commitment divided its marks: without one, no line has a part within it or over it."""
        return self.lines.filter(models.Q(committed_part__gt=0) | models.Q(overage_part__gt=0)).exists()

    @property
    def is_in_advance(self) -> bool:
        """Whether a commitment is paid for a month whose marks are not known yet."""
        return self.marks_month != self.month


class InvoiceLine(TenantRow):
    """What one organization adds to an invoice; the lines add up to its total. Without an organization it is the provider's own line."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", db_constraint=False)
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="invoicelines", db_constraint=False, db_index=False
    )
    place = models.PositiveIntegerField(help_text="Its place on the invoice, from 1.")
    organization_name = models.CharField(_("organization"), max_length=255, help_text="As it was called then.")
    high_water_mark = models.PositiveIntegerField(_("high-water mark"))
    committed_part = models.PositiveIntegerField(_("within the commitment"))
    overage_part = models.PositiveIntegerField(_("over the commitment"))
    unit_price = price_field(_("unit price"))
    amount = amount_field(_("amount"))

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        constraints = [models.UniqueConstraint("invoice", "place", name="one_invoice_line_a_place")]

    def __str__(self) -> str:
        return f"{self.place} {self.organization_name}"


class InvoiceTax(TenantRow):
    """A tax line: with the lines of the organizations it adds up to the invoice's total."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes", db_constraint=False, editable=False)
    place = models.PositiveSmallIntegerField(editable=False, help_text="Its place below the lines, from 1.")
    name = models.CharField(_("tax"), max_length=80, editable=False, help_text="Such as VAT.")
    percent = models.DecimalField(_("rate in percent"), max_digits=6, decimal_places=3, editable=False)
    base_amount = amount_field(_("net"))
    amount = amount_field(_("amount"))
    note = models.CharField(_("note"), max_length=255, blank=True, editable=False, help_text="Such as why none is charged.")

    class Meta:
        verbose_name = _("tax line")
        verbose_name_plural = _("tax lines")
        constraints = [models.UniqueConstraint("invoice", "place", name="one_tax_line_a_place")]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"


class InvoiceDocument(Document):
    """The invoice or credit note as a file, made once and served as stored."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="document", db_constraint=False, editable=False)

    class Meta:
        verbose_name = _("invoice document")
        verbose_name_plural = _("invoice documents")

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.sha256[:8]}"


class InvoiceSeries(models.Model):
    """The last number given in a series, counted in the issuing transaction under the row's lock, so that there is no gap."""

    code = models.CharField(max_length=16, primary_key=True, help_text="Such as INV-2026.")
    last_number = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("invoice series")
        verbose_name_plural = _("invoice series")

    def __str__(self) -> str:
        return self.code
