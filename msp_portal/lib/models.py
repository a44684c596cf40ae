"""The outbox, and the mailbox that stands in for a mail server where none is configured."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """Something to be told outside, written in the transaction of the change and delivered by the worker (`outbox.py`).

    `provider_id` is empty for what concerns a person and no tenant, such as a password reset.
    """

    id = models.BigAutoField(primary_key=True)
    provider_id = models.CharField(max_length=24, null=True, editable=False)  # noqa: DJ001 - no tenant is no text
    kind = models.CharField(max_length=16, editable=False)
    payload = models.JSONField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    parked_at = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, default="", editable=False)

    class Meta:
        verbose_name = "outbox message"
        indexes = [models.Index(fields=["due_at"], condition=models.Q(sent_at=None, parked_at=None), name="outbox_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def try_again(self, *, at: datetime) -> None:
        """Take a parked message back into the queue, with all its attempts before it."""
        self.parked_at, self.attempts, self.due_at, self.last_error = None, 0, at, ""
        self.save(update_fields=["parked_at", "attempts", "due_at", "last_error"])


class MailboxMessage(models.Model):
    """A mail that would have been sent. Read in the operators' console."""

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    recipients = models.TextField(editable=False)
    subject = models.TextField(editable=False)
    text = models.TextField(editable=False)

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mailbox"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject
