from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """When the owner of a card was told that it expires."""

    dependencies = [("billing", "0007_tax")]
    operations = [
        migrations.AddField(
            model_name="paymentmethod",
            name="expiry_told_at",
            field=models.DateTimeField(editable=False, help_text="When its owner was told that it expires.", null=True),
        ),
        sql_beside(__file__),
    ]
