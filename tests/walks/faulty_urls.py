"""The portal's addresses and three that go wrong, to see what a person is shown then."""

from django.db import OperationalError
from django.urls import include, path
from psycopg.errors import LockNotAvailable

from accounts.doors import provider_door
from accounts.roles import Permission

door = provider_door("GET", permission=Permission.SEE_USAGE)


@door
def broken(request):
    raise ZeroDivisionError


@door
def busy(request):
    raise OperationalError from LockNotAvailable()


@door
def away(request):
    raise OperationalError("the connection was closed")


urlpatterns = [path("broken/", broken), path("busy/", busy), path("away/", away), path("", include("msp_portal.urls"))]
handler500 = "msp_portal.incidents.server_error"
