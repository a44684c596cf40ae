from django.db import migrations

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Which of a provider's administrators have a second factor."""

    dependencies = [("accounts", "0008_organization_creation"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [sql_beside(__file__)]
