from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """The counters carry their organization's name and end, so that a list of them reads one table (docs/decisions/0010)."""

    dependencies = [("usage", "0005_seen_by_the_monthly_run")]
    operations = [
        migrations.AddField("seats", "name", models.CharField(default="", editable=False, max_length=255, verbose_name="name")),
        migrations.AddField("seats", "folded_name", models.TextField(db_collation="C", default="", editable=False)),
        migrations.AddField("seats", "closed_at", models.DateTimeField(editable=False, null=True)),
        sql_beside(__file__),
        migrations.AddIndex("seats", models.Index(fields=["provider", "folded_name", "organization"], name="seats_by_name")),
    ]
