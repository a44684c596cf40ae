"""The web process: the portal, or the operators' console with PORTAL_SITE=operators."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msp_portal.settings")

application = get_wsgi_application()
