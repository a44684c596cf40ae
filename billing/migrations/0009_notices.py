import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Which mails about payments were written; a ceiling of nothing is none."""

    dependencies = [("billing", "0008_method_expiry")]
    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("about", models.CharField(editable=False, max_length=80, verbose_name="about")),
                ("at", models.DateTimeField(editable=False, verbose_name="at")),
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
                "verbose_name": "notice about a payment",
                "verbose_name_plural": "notices about payments",
                "constraints": [models.UniqueConstraint("provider", "about", name="one_notice_of_a_thing")],
            },
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("autopay_ceiling", None), ("autopay_ceiling__gt", 0), _connector="OR"),
                name="ceilings_are_above_zero",
            ),
        ),
        sql_beside(__file__),
    ]
