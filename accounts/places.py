"""Which place a signed-in person works at: one of his administratorships, named in the session."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from accounts import audit
from accounts.models import Administrator, Person
from msp_portal.lib import tenancy

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


def enter(request: HttpRequest, place: Administrator, *, at: datetime) -> None:
    """Work at `place` from the next request on. Its provider sees in the audit log that the person came in."""
    request.session[SESSION_KEY] = place.pk
    note(place, "sign_in.entered", at=at)


def note_everywhere(person: Person, action: str, *, at: datetime, **details: Any) -> None:
    """Add an event about the person's own security to the audit log of each of his places; none tells of the others."""
    for place in places_of(person):
        note(place, action, at=at, **details)


def note(place: Administrator, action: str, *, at: datetime, **details: Any) -> None:
    """Add an event by the person at this place to its audit log. Call it outside any scope."""
    with tenancy.scope(place.provider_id, place.reach, place.name):
        audit.record(place, action, organization_id=place.organization_id, at=at, **details)
