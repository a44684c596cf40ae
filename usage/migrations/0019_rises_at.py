from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What a forecast is made of is worked out after the hourly total, and carried on until the next time (docs/decisions/0026)."""

    dependencies = [("usage", "0018_deliveries_of_alerts")]

    operations = [
        migrations.AddField(
            model_name="licensetotal",
            name="rises_at",
            field=models.DateTimeField(help_text="When the rises were worked out. The totals until the next time carry them on.", null=True),
        ),
        sql_beside(__file__),
    ]
