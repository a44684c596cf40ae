"""The web process: the portal, or the operators' console with PORTAL_SITE=operators."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msp_portal.settings")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def in_utf8(serve: Application) -> Application:
    """Everything is read as UTF-8. Django would decode by the charset that the client names, before any middleware could word the fault."""

    def run(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        parts = environ.get("CONTENT_TYPE", "").split(";")
        environ["CONTENT_TYPE"] = ";".join(part for part in parts if not part.strip().lower().startswith("charset"))
        return serve(environ, start_response)

    return run


application = in_utf8(get_wsgi_application())


def _look_at_the_wall() -> None:
    from django.conf import settings

    from accounts.identity import GLOBAL_TABLES, IDENTITY_TABLES
    from msp_portal.lib import walls

    if settings.SITE == "portal":
        walls.check(outside=IDENTITY_TABLES | GLOBAL_TABLES)


_look_at_the_wall()
