"""Support cases: what an MSP asks the vendor, and the conversation about it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Func, Q, Value, Window
from django.db.models.functions import Lag
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.bounds import CASE_SUBJECT_LONGEST, CASE_TEXT_LONGEST
from accounts.case_choices import (
    RESPONSE_TIMES,
    WAITING_FOR_SUPPORT,
    WHAT_NEXT,
    CaseStatus,
    CaseType,
    OperatingSystem,
    Product,
    ResponseTime,
    Severity,
)
from accounts.models.base import TenantRow


class NewCaseNumber(Func):
    """`C-` and the next number of a sequence: a case that was rolled back leaves a gap, which harms nobody. Six digits each, so text sorts them."""

    template = "'C-' || nextval('accounts_case_numbers')"
    arity = 0
    output_field = models.CharField()


class SupportCaseQuerySet(models.QuerySet["SupportCase"]):
    def listed(self) -> Self:
        """With the organization's name at hand: what the list, its CSV and the API show of a case, in one statement."""
        return self.select_related("organization")

    def waiting_for_support(self) -> Self:
        """Those in which it is the vendor's turn."""
        return self.filter(status__in=WAITING_FOR_SUPPORT)

    def matching(self, words: str) -> Self:
        """Those with every word in number, subject, organization or reporter, no case."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(number__icontains=word)
                | Q(subject__icontains=word)
                | Q(organization__name__icontains=word)
                | Q(reporter_name__icontains=word)
            )
        return found


class SupportCase(TenantRow):
    """A question, problem or request of an MSP. Its text never changes; what is said later stands in its messages.

    Name and e-mail of the reporter are copied, so the case reads the same when he has left; `reporter` is empty then.
    """

    number = models.CharField(_("number"), max_length=16, db_default=NewCaseNumber(), editable=False)
    status = models.CharField(_("status"), max_length=16, choices=CaseStatus, default=CaseStatus.NEW)
    kind = models.CharField(_("kind"), max_length=24, choices=CaseType)
    product = models.CharField(_("product"), max_length=40, choices=Product)
    severity = models.CharField(_("severity"), max_length=16, choices=Severity)
    operating_system = models.CharField(_("operating system"), max_length=16, choices=OperatingSystem, blank=True)
    subject = models.CharField(_("subject"), max_length=CASE_SUBJECT_LONGEST)
    description = models.CharField(_("description"), max_length=CASE_TEXT_LONGEST)
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, blank=True, related_name="cases", db_constraint=False, db_index=False
    )
    # The database empties it when the administrator is removed: no role may write the column.
    reporter = models.ForeignKey(
        "accounts.Administrator",
        models.DO_NOTHING,
        null=True,
        related_name="cases",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    reporter_name = models.CharField(_("reporter"), max_length=255, editable=False)
    reporter_email = models.EmailField(_("reporter's e-mail"), editable=False)
    submitted_at = models.DateTimeField(_("submitted"), editable=False)
    changed_at = models.DateTimeField(_("last change"), editable=False)

    objects = SupportCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.UniqueConstraint("number", name="one_case_a_number"),
            models.UniqueConstraint("provider", "id", name="case_of_its_provider"),
        ]
        indexes = [
            models.Index(fields=["provider", "-changed_at", "-id"], name="case_by_last_change"),
            models.Index(fields=["changed_at"], condition=Q(status__in=WAITING_FOR_SUPPORT), name="case_waiting_for_support"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.pk])

    @property
    def is_closed(self) -> bool:
        return self.status == CaseStatus.CLOSED

    @property
    def response_time(self) -> ResponseTime:
        """How soon support wants to have answered first."""
        return RESPONSE_TIMES[Severity(self.severity)]

    @property
    def what_next(self) -> Promise:
        """Whose turn it is, in a sentence to the MSP."""
        return WHAT_NEXT[CaseStatus(self.status)]

    def stand(self, status: CaseStatus, *, at: datetime) -> None:
        """Stand at `status` from now on; also notes that something was said, when the status stays what it was."""
        self.status, self.changed_at = status, at
        self.save(update_fields=["status", "changed_at"])


class SupportMessageQuerySet(models.QuerySet["SupportMessage"]):
    def as_conversation(self) -> Self:
        """In the order they were said, each with `status_before`: how the case stood until then."""
        before = Window(Lag("status", default=Value(CaseStatus.NEW)), partition_by="case", order_by=["at", "pk"])
        return self.annotate(status_before=before).order_by("at", "pk")


class SupportMessage(TenantRow):
    """One turn of the conversation: what was said, and how the case stood from then on. Rows are only ever added.

    `text` is empty where someone only closed, reopened or moved the case on.
    """

    class Author(models.TextChoices):
        ADMINISTRATOR = "administrator", _("administrator")
        OPERATOR = "operator", _("support")

    case = models.ForeignKey(SupportCase, models.PROTECT, related_name="messages", db_constraint=False, db_index=False)
    at = models.DateTimeField(_("at"))
    author = models.CharField(_("author"), max_length=16, choices=Author)
    author_name = models.CharField(_("author's name"), max_length=255)
    text = models.CharField(_("text"), max_length=CASE_TEXT_LONGEST, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=CaseStatus)

    objects = SupportMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message of a case")
        verbose_name_plural = _("messages of cases")
        indexes = [models.Index(fields=["case", "at"], name="message_of_case")]

    def __str__(self) -> str:
        return f"{self.author_name}, {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_by_support(self) -> bool:
        return self.author == self.Author.OPERATOR
