"""Answers to POSTs that carried an `Idempotency-Key`."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.base import TenantRow


class IdempotentAnswer(TenantRow):
    """What a POST with an `Idempotency-Key` was answered, so that the same POST is answered alike and done once (`accounts/idempotency.py`).

    Only what was done is kept: a refusal wrote nothing, so asking again may go better.
    """

    api_key = models.ForeignKey(
        "accounts.ApiKey", models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=255, editable=False)
    fingerprint = models.BinaryField(max_length=32, editable=False, help_text="SHA-256 of method, address and body.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    headers = models.JSONField(default=dict, editable=False)
    body = models.BinaryField(default=b"", editable=False)

    class Meta:
        verbose_name = "idempotent answer"
        constraints = [models.UniqueConstraint("api_key", "key", name="one_answer_an_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_by_age")]

    def __str__(self) -> str:
        return self.key
