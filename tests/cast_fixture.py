"""The fixture `cast`. It stands apart because pytest imports it before Django is set up."""

import pytest


@pytest.fixture
def cast(request):
    """Both MSPs with all their people; committed where the test asks for `committed`, else rolled back."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    from tests.cast import both

    return both()
