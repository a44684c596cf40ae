import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """The papers of invoices and credit notes, kept as drawn."""

    dependencies = [("billing", "0002_frozen")]
    operations = [
        migrations.CreateModel(
            name="InvoiceDocument",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("content", models.BinaryField(editable=False)),
                ("sha256", models.CharField(editable=False, help_text="Of the content, in hexadecimal.", max_length=64)),
                ("media_type", models.CharField(default="application/pdf", editable=False, max_length=80)),
                ("made_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "invoice",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document",
                        to="billing.invoice",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="accounts.provider",
                    ),
                ),
            ],
            options={"verbose_name": "invoice document", "verbose_name_plural": "invoice documents"},
        ),
        sql_beside(__file__),
    ]
