from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What keeps ledger, charges and payments true, and who may touch them."""

    dependencies = [("billing", "0004_payments")]
    operations = [sql_beside(__file__)]
