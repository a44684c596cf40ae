"""The portal's addresses. Each app brings its own."""

from django.urls import include, path

from msp_portal import api_docs, incidents
from msp_portal.api import addresses

urlpatterns = [
    path("livez", incidents.live, name="livez"),
    path("readyz", incidents.ready, name="readyz"),
    path("", include("accounts.sign_in_urls")),
    path("", include("accounts.urls")),
    path("", include("usage.urls")),
    path("", include("billing.urls")),
    path("api/openapi.json", api_docs.openapi, name="api-openapi"),
    path("api/docs", api_docs.docs, name="api-docs"),
    *addresses(),
]

handler404 = "msp_portal.incidents.not_found"
handler500 = "msp_portal.incidents.server_error"
