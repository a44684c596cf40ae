import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What the monthly run has done."""

    dependencies = [("billing", "0005_ledger")]
    operations = [
        migrations.CreateModel(
            name="BilledMonth",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("month", models.DateField(help_text="Its first day.", verbose_name="month")),
                ("invoices", models.PositiveSmallIntegerField(verbose_name="invoices")),
                ("billed_at", models.DateTimeField(db_default=Now(), editable=False)),
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
                "verbose_name": "billed month",
                "verbose_name_plural": "billed months",
                "constraints": [models.UniqueConstraint("provider", "month", name="one_billed_month")],
            },
        ),
        migrations.AlterField(
            model_name="contract",
            name="valid_from",
            field=models.DateField(
                help_text="A commitment and its price are billed from the first month that begins on this day or later; a month already billed stays.",
                verbose_name="valid from",
            ),
        ),
        sql_beside(__file__),
    ]
