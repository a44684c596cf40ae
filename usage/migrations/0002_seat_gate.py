from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """The one gate for seats: counts, marks, ledger and cap are kept by Postgres in the statement that takes or frees a seat."""

    dependencies = [("accounts", "0002_tenancy"), ("usage", "0001_initial")]
    operations = [sql_beside(__file__)]
