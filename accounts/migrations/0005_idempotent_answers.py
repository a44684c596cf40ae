import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What a POST with an `Idempotency-Key` was answered."""

    dependencies = [("accounts", "0004_last_administrator")]
    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("key", models.CharField(editable=False, max_length=255)),
                (
                    "fingerprint",
                    models.BinaryField(editable=False, help_text="SHA-256 of method, address and body.", max_length=32),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("status", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("headers", models.JSONField(default=dict, editable=False)),
                ("body", models.BinaryField(default=b"", editable=False)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.apikey",
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
            options={
                "verbose_name": "idempotent answer",
                "indexes": [models.Index(fields=["created_at"], name="idempotent_answer_by_age")],
                "constraints": [models.UniqueConstraint("api_key", "key", name="one_answer_an_idempotency_key")],
            },
        ),
        sql_beside(__file__),
    ]
