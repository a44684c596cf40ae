"""A key that may do all that a key may."""

import pytest


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def api(northwind):
    """Northwind's key with all that a key may have."""
    from tests.api.client import client_of  # models are there only when Django is set up

    return client_of(northwind)


@pytest.fixture
def acme(northwind):
    """Northwind's first client, with one user."""
    return northwind.clients[0]


@pytest.fixture
def birch(northwind):
    """The other client of the same MSP."""
    return northwind.clients[1]


@pytest.fixture
def at_acme(api, acme):
    """The key, at Acme."""
    return api.at(acme)
