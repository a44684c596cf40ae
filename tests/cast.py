"""The cast: two MSPs, their administrators in each role, two clients each with an administrator of its own.

The fixture `cast` (cast_fixture.py) makes them in whatever database the test is on. Isolation is shown against the other client of the same
MSP as well as against the foreign MSP.
"""

import time
from dataclasses import dataclass, field
from functools import cache

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.actions.cases import add_case
from accounts.case_choices import CaseType, Product, Severity
from accounts.models import Access, Administrator, Organization, Person, Provider
from accounts.places import SESSION_KEY
from accounts.roles import MSP_ROLES, Role
from usage.models import Licensing, Seats, User

PASSWORD = "seven brown foxes in May"


@cache
def hashed_password():
    """Hashed once a run: argon2 is slow on purpose."""
    return make_password(PASSWORD)


@dataclass
class Client:
    """A client organization, its own administrator and one user in it."""

    organization: Organization
    administrator: Administrator
    user: User

    @property
    def pk(self):
        return self.organization.pk

    @property
    def seats(self):
        return Seats.objects.get(pk=self.pk)

    def cap(self, user_cap):
        Seats.objects.filter(pk=self.pk).update(user_cap=user_cap)


@dataclass
class Msp:
    """A provider, its clients, and its administrators by role; `limited` is a manager who reaches the first client only."""

    provider: Provider
    clients: list[Client]
    by_role: dict[Role, Administrator]
    limited: Administrator
    suspended: Administrator

    @property
    def pk(self):
        return self.provider.pk

    @property
    def owner(self):
        return self.by_role[Role.ADMINISTRATOR_WITH_BILLING]


@dataclass
class Cast:
    """Northwind has a commitment, Bluefin has none."""

    northwind: Msp
    bluefin: Msp
    msps: list[Msp] = field(init=False)

    def __post_init__(self):
        self.msps = [self.northwind, self.bluefin]


def both():
    """Both MSPs with all their people, in the database that the ORM is on."""
    return Cast(
        northwind=msp("Northwind MSP", ["Acme Dental", "Birch Legal"], committed=100),
        bluefin=msp("Bluefin IT", ["Quartz Foods", "Zephyr Travel"], committed=None),
    )


def msp(name, client_names, *, committed):
    """A provider with everyone in it."""
    provider = Provider.objects.create(
        name=name, contact_name="Cora Contact", contact_email=f"help@{domain(name)}", contact_phone="+1 555 0100"
    )
    license_to(provider, committed)
    clients = [client(provider, client_name) for client_name in client_names]
    by_role = {role: administrator(provider, role) for role in MSP_ROLES}
    limited = administrator(provider, Role.MANAGER, first_name="Limited", limited_at=timezone.now())
    give_access(limited, clients[0].organization)
    suspended = administrator(provider, Role.ADMINISTRATOR, first_name="Suspended", suspended_at=timezone.now())
    return Msp(provider, clients, by_role, limited, suspended)


def client(provider, name, *, users=1, user_cap=None):
    """A client organization with its administrator and `users` users."""
    organization = Organization.objects.create(provider=provider, name=name)
    its_own = administrator(
        provider,
        Role.ORGANIZATION_ADMINISTRATOR,
        last_name=f"of {name}",
        organization=organization,
        email=f"admin@{domain(name)}",
    )
    give_access(its_own, organization)
    added = [user(organization, f"{name.split()[0].lower()}.user{number}") for number in range(1, users + 1)]
    if user_cap:
        Seats.objects.filter(pk=organization.pk).update(user_cap=user_cap)
    return Client(organization, its_own, added[0] if added else None)


def user(organization, user_name, **fields):
    """A directory user, who takes a seat."""
    return User.objects.create(
        provider_id=organization.provider_id,
        organization=organization,
        user_name=user_name,
        email=f"{user_name}@{domain(organization.name)}",
        **fields,
    )


def administrator(provider, role, *, first_name="", last_name="", email="", organization=None, **fields):
    """A joined administrator whose person can sign in with PASSWORD."""
    first_name = first_name or role.value.split()[0]
    email = email or f"{first_name}.{role.value.replace(' ', '.')}@{domain(provider.name)}".lower()
    return Administrator.objects.create(
        provider=provider,
        organization=organization,
        person=person(email),
        email=email,
        first_name=first_name,
        last_name=last_name or role.value,
        role=role,
        joined_at=timezone.now(),
        **fields,
    )


def person(email):
    """Someone who can sign in with PASSWORD."""
    made = Person.objects.create(email=email, password=hashed_password())
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    return made


def give_access(administrator, organization):
    Access.objects.create(provider_id=organization.provider_id, administrator=administrator, organization=organization)


def license_to(provider, committed):
    Licensing.objects.create(
        provider=provider,
        package_name="Platform Plus",
        includes=["Directory", "Device management"],
        committed=committed,
        unit_price=5,
        overage_price=7,
        currency="USD",
    )


def case(reporter, subject, **written):
    """A support case by an administrator, without the mails."""
    asked = {
        "kind": CaseType.PROBLEM,
        "product": Product.SIGN_ON,
        "severity": Severity.TWO,
        "organization": None,
        "operating_system": "",
        "description": f"{subject}.",
    }
    return add_case(subject=subject, **{**asked, **written}, by=reporter, at=timezone.now())


def sign_in(browser, administrator, *, fresh=True):
    """Let Django's test client be this administrator, at this place; `fresh` says that the password was typed just now."""
    browser.force_login(administrator.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session[SESSION_KEY] = administrator.pk
    proof_at = time.time() - (0 if fresh else 3600)
    session["account_authentication_methods_user"] = administrator.person_id
    session["account_authentication_methods"] = [{"method": "password", "at": proof_at, "email": administrator.email}]
    session.save()
    return browser


def domain(name):
    return f"{name.split()[0].lower()}.example"
