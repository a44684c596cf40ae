"""Light, dark or as the system has it: a cookie, so that the server draws the page right the first time."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from accounts.doors import PublicRequest, public
from accounts.next_page import next_page
from msp_portal.lib.page import redirect_to

THEMES: Final = ("auto", "light", "dark")


@public("POST")
def choose_theme(request: PublicRequest) -> HttpResponse:
    """Remember the theme for a year and go back; an unknown one means as the system has it."""
    wanted = request.POST.get("theme")
    response = redirect_to(request, next_page(request) or reverse("home"))
    response.set_cookie(
        "theme",
        wanted if wanted in THEMES else THEMES[0],
        max_age=timedelta(days=365),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
