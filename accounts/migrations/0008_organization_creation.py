from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Operators may disallow a provider to create organizations."""

    dependencies = [("accounts", "0007_named_keys")]
    operations = [
        migrations.AddField(
            model_name="provider",
            name="organization_creation_disallowed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="may create no organizations since"),
        ),
        sql_beside(__file__),
    ]
