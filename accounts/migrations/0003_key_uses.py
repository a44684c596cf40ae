import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """The clients seen using a key, so that whoever replaces it can be told what breaks."""

    dependencies = [("accounts", "0002_tenancy")]
    operations = [
        migrations.AddConstraint(
            model_name="apikey", constraint=models.UniqueConstraint("provider", "id", name="api_key_of_its_provider")
        ),
        migrations.CreateModel(
            name="ApiKeyUse",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("client", models.CharField(editable=False, help_text="The client's User-Agent.", max_length=120)),
                ("address", models.GenericIPAddressField(editable=False, null=True)),
                ("first_used_at", models.DateTimeField(editable=False)),
                ("last_used_at", models.DateTimeField(editable=False)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
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
            options={"verbose_name": "API key's use", "verbose_name_plural": "API keys' uses"},
        ),
        migrations.AddConstraint(
            model_name="apikeyuse", constraint=models.UniqueConstraint("api_key", "client", name="one_row_a_client_of_a_key")
        ),
        sql_beside(__file__),
    ]
