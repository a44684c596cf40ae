"""What the tests of administrators over the API have in common."""

from accounts.models import Administrator
from msp_portal.lib.models import OutboxMessage

LIST = "/v2/providers/{provider}/administrators"
NOBODY = "0" * 24
NORA = {"email": "nora@new.example"}
KEYS = {
    *("id", "_id", "email", "firstname", "lastname", "enableMultiFactor", "registered", "suspended", "apiKeyAllowed"),
    *("apiKeySet", "role", "roleName", "roles", "roleNames", "organizationAccessTotal"),
}
"""Of one administrator on the wire."""


def one(administrator):
    return f"{LIST}/{administrator.pk}"


def of(answer, administrator):
    """The row of one administrator in a list."""
    return next(row for row in results(answer) if row["id"] == administrator.pk)


def results(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def made(answer):
    assert answer.status_code == 200, answer.content
    return Administrator.objects.get(pk=answer.json()["id"])


def refused(answer, status):
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["code"] == status
    return body["message"]


def field(answer):
    return answer.json()["details"][0]["fieldViolations"][0]["field"]


def mails():
    return [message.payload for message in OutboxMessage.objects.filter(kind="mail").order_by("pk")]
