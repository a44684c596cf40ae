"""Makes the cast: persons who can sign in, and their places."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import Access, Administrator, Operator, Organization, Person, Provider
from billing.sample.cast import CAST, OPERATOR, Member, Place


def make_operator(at: datetime) -> Person:
    """The vendor's member of staff, in whose name contracts and payments are entered."""
    person = _person(OPERATOR, at)
    Operator.objects.create(person=person, since=at)
    return person


def make_cast(providers: Mapping[str, Provider], since: Mapping[str, datetime]) -> list[Administrator]:
    """Everyone who signs in to the portal, with access to the clients given; joined when their provider did."""
    made = []
    for member in CAST:
        person = _person(member, min(since[place.provider] for place in member.places))
        made += [_place(member, person, place, providers[place.provider], since[place.provider]) for place in member.places]
    return made


def _person(member: Member, at: datetime) -> Person:
    person = Person.objects.create(
        email=member.email,
        first_name=member.first_name,
        last_name=member.last_name,
        password=make_password(member.password),
        joined_at=at,
    )
    EmailAddress.objects.create(user=person, email=member.email, verified=True, primary=True)
    return person


def _place(member: Member, person: Person, place: Place, provider: Provider, since: datetime) -> Administrator:
    organizations = {row.name: row for row in Organization.objects.filter(provider=provider, name__in=place.sees)}
    joined = max([since, *(organizations[name].created_at for name in [place.organization] if name)]) + timedelta(hours=1)
    made = Administrator.objects.create(
        provider=provider,
        organization=organizations[place.organization] if place.organization else None,
        person=person,
        email=member.email,
        first_name=member.first_name,
        last_name=member.last_name,
        role=place.role,
        api_access_at=joined if place.may_use_api else None,
        limited_at=joined if place.sees else None,
        invited_at=joined - timedelta(minutes=30),
        joined_at=joined,
    )
    Access.objects.bulk_create(
        Access(provider=provider, administrator=made, organization=organizations[name]) for name in place.sees
    )
    return made
