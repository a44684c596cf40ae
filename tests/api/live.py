"""A client of the JSON API that speaks HTTP to the real server and sends exactly what it is told to: no header is added but Host and Accept-Encoding."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from accounts.roles import Role
from tests.api.client import client_of


@dataclass(frozen=True)
class Answer:
    """What came back, to the byte."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


class LiveClient:
    """Sends to the portal at `url` with a key, at one organization if it is given."""

    def __init__(self, url, key, provider_id, organization=None):
        self.netloc, self.key, self.provider_id = urlsplit(url).netloc, key, provider_id
        self.organization = organization

    def at(self, organization):
        """The same client at one organization, as `x-org-id` names it."""
        other = LiveClient("", self.key, self.provider_id, organization.pk)
        other.netloc = self.netloc
        return other

    def send(self, method, path, body=None, **headers):
        """The answer to one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        usual = {"x-api-key": self.key, **({"x-org-id": self.organization} if self.organization else {})}
        given = {name.lower() for name in headers}
        sent = {**{name: value for name, value in usual.items() if name not in given}, **headers}
        url = "/api" + path.replace("{provider}", self.provider_id)
        connection.request(method, url, json.dumps(body) if isinstance(body, dict | list) else body, sent)
        answer = connection.getresponse()
        read = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return read


def live_client_of(live_portal, msp, role=Role.ADMINISTRATOR_WITH_BILLING):
    """A client with a new primary key of `role`."""
    return LiveClient(live_portal.url, client_of(msp, role).key, msp.pk)
