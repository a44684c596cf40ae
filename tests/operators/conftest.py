"""The console, as Django's test client meets it: its own addresses, over the rollback database.

Models are imported late, as pytest reads this file before Django is set up.
"""

import pytest


@pytest.fixture
def console(client, settings, cast):
    """The test client at the console's addresses, nobody signed in; the cast is there."""
    settings.ROOT_URLCONF = "msp_portal.operator_urls"
    settings.LOGIN_URL = "admin:login"
    return client


@pytest.fixture
def operator(console):
    """A person on the vendor's staff."""
    from accounts.models import Operator
    from tests import cast as people

    person = people.person("olive@portal.example")
    person.first_name, person.last_name = "Olive", "Operator"
    person.save(update_fields=["first_name", "last_name"])
    Operator.objects.create(person=person)
    return person


@pytest.fixture
def as_operator(console, operator):
    """The test client, signed in as the operator."""
    console.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return console


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]
