from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """The seat ledger can be read on and on in the order of its ids without missing an event that commits late."""

    dependencies = [("usage", "0003_marks_of_totals")]
    operations = [
        migrations.AddIndex(model_name="seatevent", index=models.Index(fields=["provider", "id"], name="ledger_in_order")),
        sql_beside(__file__),
    ]
