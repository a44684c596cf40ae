"""Pages whose other states no address shows by itself: an account with a key that integrations were seen using."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.models import ApiKeyUse
from tests.cast import sign_in


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
