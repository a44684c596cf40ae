"""The portal's addresses. Each app brings its own."""

from django.urls import include, path, register_converter

from msp_portal import incidents
from msp_portal.lib.ids import PublicIdConverter

register_converter(PublicIdConverter, "id")

urlpatterns = [
    path("livez", incidents.live, name="livez"),
    path("readyz", incidents.ready, name="readyz"),
    path("", include("accounts.urls")),
    path("", include("usage.urls")),
    path("", include("billing.urls")),
]

handler404 = "msp_portal.incidents.not_found"
handler500 = "msp_portal.incidents.server_error"
