from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """An organization that is being opened is not overlooked when its month is billed."""

    dependencies = [("usage", "0004_ledger_in_order")]
    operations = [sql_beside(__file__)]
