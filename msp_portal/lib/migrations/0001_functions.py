from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Identifiers, folding for search and sorting, and the one procedure that puts a table behind the tenants' wall."""

    dependencies = []
    operations = [sql_beside(__file__)]
