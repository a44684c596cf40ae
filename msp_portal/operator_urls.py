"""The operators' console's addresses. The apps' pages are loaded here, so that the portal's processes never have them."""

from django.contrib import admin
from django.urls import path

from accounts import admin as accounts_pages  # noqa: F401
from billing import admin as billing_pages  # noqa: F401
from msp_portal import incidents
from usage import admin as usage_pages  # noqa: F401

urlpatterns = [
    path("livez", incidents.live, name="livez"),
    path("readyz", incidents.ready, name="readyz"),
    path("", admin.site.urls),
]

handler404 = "msp_portal.incidents.not_found"
handler500 = "msp_portal.incidents.server_error"
