from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("usage", "0002_seat_gate")]

    operations = [
        migrations.AddField(
            model_name="licensetotal",
            name="sum_of_marks",
            field=models.PositiveIntegerField(
                null=True, help_text="Of the month so far; what is billed. Empty in slots filled later."
            ),
        ),
        migrations.AddField(
            model_name="licensetotal",
            name="mark_of_the_sum",
            field=models.PositiveIntegerField(
                null=True, help_text="Most users at one instant of the month so far, from the ledger."
            ),
        ),
        migrations.AddField(model_name="licensetotal", name="mark_of_the_sum_at", field=models.DateTimeField(null=True)),
        # The hourly job takes a provider's closed organizations off its count of all.
        migrations.RunSQL(
            "create index organization_closed on accounts_organization (provider_id, closed_at) where closed_at is not null",
            "drop index organization_closed",
        ),
    ]
