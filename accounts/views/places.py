"""Where a person lands, and the choice for those with several accounts."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import places
from accounts.doors import PersonRequest, by_method, signed_in
from accounts.next_page import next_page
from accounts.places import chosen_place
from accounts.refusals import no_place
from msp_portal.lib.page import page, redirect_to


@signed_in("GET")
def home(request: PersonRequest) -> HttpResponse:
    """To the page that the person's place begins with."""
    place = chosen_place(request, request.places)
    if place is None:
        return redirect("places")
    if place.is_of_an_organization:
        return redirect("organization-users", place.organization_id)
    return redirect("account")


@signed_in("GET")
def list_places(request: PersonRequest) -> HttpResponse:
    """The accounts that the person may work at."""
    if not request.places:
        return no_place(request)
    return page(request, "accounts/places.html", {"places": request.places, "next": next_page(request)})


@signed_in("POST")
def choose_place(request: PersonRequest) -> HttpResponse:
    """Work at the account chosen, from the page asked for or from its first one."""
    place = next((place for place in request.places if place.pk == request.POST.get("place")), None)
    if place is None:
        raise Http404
    places.enter(request, place, at=request.at)
    return redirect_to(request, next_page(request) or reverse("home"))


places_view = by_method(GET=list_places, POST=choose_place)
