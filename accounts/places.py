"""Which place a signed-in person works at: one of his administratorships, named in the session."""

from typing import Final

from django.http import HttpRequest

from accounts.models import Administrator, Person

SESSION_KEY: Final = "place"
PLACES: Final = "select (f.place).*, f.provider_name, f.organization_name from accounts_places_of(%s) f"


def places_of(person: Person) -> list[Administrator]:
    """The person's active places, each with `provider_name` and `organization_name` (None at the provider itself); one statement.

    Read through a function of the database, as no tenant is known yet.
    """
    return [place for place in Administrator.objects.raw(PLACES, [person.pk]) if place.is_active]


def chosen_place(request: HttpRequest, places: list[Administrator]) -> Administrator | None:
    """The place named in the session, or the only one; None when there is none or the person has to choose."""
    if len(places) == 1:
        return places[0]
    return next((place for place in places if place.pk == request.session.get(SESSION_KEY)), None)


def choose(request: HttpRequest, place: Administrator) -> None:
    """Work at `place` from the next request on."""
    request.session[SESSION_KEY] = place.pk
