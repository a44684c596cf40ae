"""A client of the JSON API that speaks as real clients do."""

import json

from django.test import Client
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.roles import Role


class ApiClient:
    """Sends JSON with a provider's key and reads JSON back."""

    def __init__(self, key, provider_id, **headers):
        self.provider_id, self.key = provider_id, key
        self.client = Client(raise_request_exception=False)
        self.headers = {"x-api-key": key, **headers}

    def at(self, organization):
        """The same client at one organization, as `x-org-id` names it."""
        pk = getattr(organization, "pk", organization)
        other = ApiClient(self.key, self.provider_id)
        other.headers = {**self.headers, "x-org-id": pk}
        return other

    def send(self, method, path, body=None, **headers):
        """The answer to one request. `{provider}` in the path is the key's own."""
        content = {} if body is None else {"data": body if isinstance(body, str | bytes) else json.dumps(body)}
        url = "/api" + path.replace("{provider}", self.provider_id)
        return self.client.generic(method, url, content_type="application/json", headers={**self.headers, **headers}, **content)

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.send("POST", path, body, **headers)

    def put(self, path, body=None, **headers):
        return self.send("PUT", path, body, **headers)

    def delete(self, path, body=None, **headers):
        return self.send("DELETE", path, body, **headers)


def client_of(msp, role=Role.ADMINISTRATOR_WITH_BILLING):
    """A client with a new primary key of `role`."""
    _, plain = generate_key(provider=msp.provider, by=msp.owner, at=timezone.now(), role=role)
    return ApiClient(plain, msp.pk)
