"""The portal's addresses. Each app brings its own."""

from django.urls import include, path

from msp_portal import api_docs, incidents
from msp_portal.api import addresses

about_the_api = [
    path("openapi.json", api_docs.openapi, name="api-openapi"),
    path("docs", api_docs.docs, name="api-docs"),
]
urlpatterns = [
    path("livez", incidents.live, name="livez"),
    path("readyz", incidents.ready, name="readyz"),
    path("api/", include([*about_the_api, *addresses()])),  # early, as scripts ask often and the pages are many
    path("", include("accounts.sign_in_urls")),
    path("", include("accounts.urls")),
    path("", include("usage.urls")),
    path("", include("billing.urls")),
]

handler404 = "msp_portal.incidents.not_found"
handler500 = "msp_portal.incidents.server_error"
