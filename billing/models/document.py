"""A paper drawn once and served as stored."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.base import TenantRow


class Document(TenantRow):
    """The bytes of a paper. Its migration freezes the table, so what was handed out once can be shown again to the byte."""

    content = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False, help_text="Of the content, in hexadecimal.")
    media_type = models.CharField(max_length=80, default="application/pdf", editable=False)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
