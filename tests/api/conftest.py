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
