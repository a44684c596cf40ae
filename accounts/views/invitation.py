"""Accepting an invitation: with a new sign-in, or with the one that the address has already."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import places, session
from accounts.actions.invitation import Invitation, InvitationIsOver, accept, has_sign_in, invitation_of, join
from accounts.doors import PublicRequest, public
from accounts.forms.sign_in import JoinForm
from accounts.models import Person
from msp_portal.lib.acts import try_out
from msp_portal.lib.page import page, redirect_to


@never_cache
@public("GET", "POST")
def invitation(request: PublicRequest, token: str) -> HttpResponse:
    """What the holder of the link is invited to, and the way to accept that fits."""
    try:
        found = invitation_of(token)
        if request.user.is_authenticated:
            return _by_someone_signed_in(request, request.user, found)
        if has_sign_in(found):
            return page(request, "accounts/invitation_sign_in.html", {"invitation": found})
        return _by_someone_new(request, found)
    except InvitationIsOver:
        return page(request, "accounts/invitation_over.html", status=410)


def _by_someone_signed_in(request: PublicRequest, person: Person, found: Invitation) -> HttpResponse:
    if person.email.lower() != found.email.lower():
        return page(request, "accounts/invitation_other.html", {"invitation": found, "person": person}, status=409)
    if request.method != "POST":
        return page(request, "accounts/invitation_accept.html", {"invitation": found})
    place = accept(person=person, invitation=found, at=request.at)
    places.enter(request, place, at=request.at)
    return redirect_to(request, reverse("home"), _("You have joined %(place)s.") % {"place": found.place_name})


def _by_someone_new(request: PublicRequest, found: Invitation) -> HttpResponse:
    names = {"first_name": found.administrator.first_name, "last_name": found.administrator.last_name}
    form = JoinForm(request.POST or None, person=Person(email=found.email), initial=names)
    if try_out(form, join, invitation=found, at=request.at):
        return session.begin(request, form.result, reverse("home"))
    return page(request, "accounts/invitation_join.html", {"invitation": found, "form": form}, status=422 if form.errors else 200)
