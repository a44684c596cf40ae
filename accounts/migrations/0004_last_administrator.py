from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Every provider keeps an Administrator With Billing who can act for all of it."""

    dependencies = [("accounts", "0003_key_uses")]
    operations = [sql_beside(__file__)]
