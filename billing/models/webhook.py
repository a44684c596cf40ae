"""The inbox of webhooks: stored as they arrive, processed later by the worker."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WebhookEvent(models.Model):
    """One event of the payment provider, by its id, so that a second delivery changes nothing. Its tenant is known only once it is read."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        IGNORED = "ignored", _("Of no concern")
        REFUSED = "refused", _("Refused")

    id = models.CharField(primary_key=True, max_length=255, editable=False)
    kind = models.CharField(_("kind"), max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False, help_text="By the payment provider's clock.")
    received_at = models.DateTimeField(_("received at"), editable=False)
    body = models.JSONField(editable=False, help_text="The object that the event is about; emptied once it is processed.")
    processed_at = models.DateTimeField(_("processed at"), null=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, editable=False)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        indexes = [models.Index(fields=["received_at"], condition=models.Q(processed_at=None), name="webhook_events_waiting")]

    def __str__(self) -> str:
        return self.id
