"""The operators' console's addresses."""

from django.urls import path

from msp_portal import incidents

urlpatterns = [
    path("livez", incidents.live, name="livez"),
    path("readyz", incidents.ready, name="readyz"),
]

handler404 = "msp_portal.incidents.not_found"
handler500 = "msp_portal.incidents.server_error"
