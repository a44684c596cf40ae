"""The audit log: who did what to what, and what was refused. Rows are only ever added; a job chains them by hash."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One act or refusal, written in the transaction of the change. Names are copied, so the line reads the same for ever.

    `provider` is empty for what happens outside any tenant (an unknown sign-in); `organization` for what concerns none.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    class ActorKind(models.TextChoices):
        ADMINISTRATOR = "administrator", _("administrator")
        API_KEY = "api_key", _("API key")
        OPERATOR = "operator", _("operator")
        SYSTEM = "system", _("system")
        UNKNOWN = "unknown", _("unknown")

    id = models.BigAutoField(primary_key=True)
    provider = models.ForeignKey("accounts.Provider", models.PROTECT, null=True, related_name="auditevents", db_index=False)
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="auditevents", db_constraint=False, db_index=False
    )
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=80)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    actor_kind = models.CharField(max_length=16, choices=ActorKind)
    actor_id = models.CharField(max_length=24, blank=True)
    actor_name = models.CharField(max_length=255, blank=True)
    target_kind = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=24, blank=True)
    target_name = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["provider", "-at", "-id"], name="audit_of_provider"),
            models.Index(fields=["provider", "organization", "-at"], name="audit_of_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class AuditChain(models.Model):
    """The hash over one event and all before it. Written by one job, so that the writers of events wait for nobody."""

    event = models.OneToOneField(AuditEvent, models.PROTECT, primary_key=True, related_name="chain")
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.event_id} {bytes(self.digest).hex()[:8]}"
