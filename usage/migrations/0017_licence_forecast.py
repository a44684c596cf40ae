from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What the forecast of a month's licences is made of, and the ledger by who came and went (docs/decisions/0026)."""

    dependencies = [("usage", "0016_staged_imports")]

    operations = [
        migrations.AddField(
            model_name="licensing",
            name="billed_from",
            field=models.DateField(help_text="The first day of the first month that is billed by exactly this; empty if every month is.", null=True),
        ),
        migrations.AddField(
            model_name="licensetotal",
            name="rise_low",
            field=models.PositiveIntegerField(help_text="A tenth of past times rose by no more.", null=True),
        ),
        migrations.AddField(
            model_name="licensetotal",
            name="rise_middle",
            field=models.PositiveIntegerField(help_text="Half of them rose by no more.", null=True),
        ),
        migrations.AddField(
            model_name="licensetotal",
            name="rise_high",
            field=models.PositiveIntegerField(help_text="Nine tenths of them rose by no more. Empty with too little history.", null=True),
        ),
        migrations.AddIndex(
            model_name="seatevent",
            index=models.Index(fields=["provider", "subject_id"], name="ledger_of_subject"),
        ),
        sql_beside(__file__),
    ]
