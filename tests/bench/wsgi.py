"""The portal's own web process with the floors' views beside it, for keys that may ask as often as a measure does."""

from django.conf import settings

from msp_portal.wsgi import application
from tests.bench.api import let_every_key_ask_often

settings.ROOT_URLCONF = "tests.bench.urls"
let_every_key_ask_often()

__all__ = ["application"]
