from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Searches among users and devices are planned for what is looked for (docs/decisions/0010)."""

    dependencies = [("usage", "0006_names_of_seats")]
    operations = [sql_beside(__file__)]
