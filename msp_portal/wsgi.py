"""The web process: the portal, or the operators' console with PORTAL_SITE=operators."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msp_portal.settings")

application = get_wsgi_application()


def _look_at_the_wall() -> None:
    from django.conf import settings

    from accounts.identity import GLOBAL_TABLES, IDENTITY_TABLES
    from msp_portal.lib import walls

    if settings.SITE == "portal":
        walls.check(outside=IDENTITY_TABLES | GLOBAL_TABLES)


_look_at_the_wall()
