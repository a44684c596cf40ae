"""The portal's own web process with the floors' views beside its own."""

from django.conf import settings

from msp_portal.wsgi import application

settings.ROOT_URLCONF = "tests.bench.urls"

__all__ = ["application"]
