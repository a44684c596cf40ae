from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Policies and privileges, and what freezes an issued invoice."""

    dependencies = [("billing", "0001_initial"), ("accounts", "0002_tenancy")]
    operations = [sql_beside(__file__)]
