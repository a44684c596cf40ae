from django.contrib.admin.apps import SimpleAdminConfig


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin as the operators' console. Only that site's addresses load the apps' `admin` modules."""

    default_site = "msp_portal.operators.OperatorsSite"
