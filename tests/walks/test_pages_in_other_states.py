"""Pages whose other states no address shows by itself: an account with a key that integrations were seen using, an import on its way."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.models import ApiKeyUse
from tests.cast import sign_in
from tests.walks.test_every_page_looks_right import LOOKS, faults, picture, visit  # noqa: F401 - `visit` is a fixture
from usage.models import StagedImport


@pytest.fixture
def key_in_use(cast):
    key, _ = generate_key(provider=cast.northwind.provider, by=cast.northwind.owner, at=timezone.now())
    for client in ("psa-sync/2.1", "billing-export/1.0"):
        ApiKeyUse.objects.create(
            provider=cast.northwind.provider,
            api_key=key,
            client=client,
            first_used_at=timezone.now(),
            last_used_at=timezone.now(),
        )
    return key


class TestAnAccountWhoseKeyIsInUse:
    @pytest.mark.parametrize("page", ["account", "api-key"])
    def test_names_the_integrations_that_a_new_key_breaks(self, cast, key_in_use, page):
        shown = sign_in(Client(), cast.northwind.owner).get(reverse(page)).content.decode()
        assert "psa-sync/2.1" in shown
        assert key_in_use.prefix in shown
        assert key_in_use.lookup not in shown


@pytest.mark.sample_data
class TestAnImport:
    @pytest.mark.parametrize(("theme", "width"), LOOKS)
    def test_looks_right_in_each_of_its_states(self, visit, live_portal, theme, width):  # noqa: F811 - the fixture
        page, wrong = visit("client"), []
        page.context.add_cookies([{"name": "theme", "value": theme, "url": live_portal.url}])
        page.set_viewport_size({"width": width, "height": 900})
        for state, path in states_of_imports():
            page.goto(path)
            picture(page, f"import-{state}-{theme}-{width}")
            wrong += [f"{state}: {what}" for what in faults(page)]
        assert wrong == []


def states_of_imports():
    """Those whose page has more than a notice: of the sample's ready devices, and of its faulty users, which go back to the others."""
    devices, users = (StagedImport.objects.get(kind=kind) for kind in ("device", "user"))
    yield "devices-ready", reverse("import", args=[devices.organization_id, devices.pk])
    for state in ("faulty", "checking", "ready"):  # ready at the cap
        StagedImport.objects.filter(pk=users.pk).update(state=state)
        yield f"users-{state}", reverse("import", args=[users.organization_id, users.pk])
