from pathlib import Path

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.template import engines


@pytest.fixture
def ask(rf):
    """Requests as a browser or as htmx sends them, with a place for notices."""

    def request(method="get", htmx=False, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = getattr(rf, method)("/somewhere/", headers={**headers, **({"HX-Request": "true"} if htmx else {})})
        sent._messages = CookieStorage(sent)
        return sent

    return request


@pytest.fixture
def test_templates():
    """The templates beside these tests, found before the portal's."""
    engine = engines["django"].engine
    before = list(engine.dirs)
    engine.dirs[:] = [Path(__file__).parent / "templates", *before]
    yield
    engine.dirs[:] = before
