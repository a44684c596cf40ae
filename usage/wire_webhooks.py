"""Webhooks on the wire: an endpoint, a delivery with its attempts, and what is asked of them."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, NotRequired

from django.http import JsonResponse
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import STORABLE, PublicId
from usage.bounds import LONGEST_WEBHOOK_NAME, LONGEST_WEBHOOK_URL
from usage.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from usage.webhook_events import LISTENED_TO, WebhookEvent
from usage.webhook_words import ERRORS
from usage.wire_usage import PATH, HowMany

WEBHOOKS: Final = PATH + "/webhooks"
WEBHOOK: Final = WEBHOOKS + "/{webhook_id}"

StateWord = Literal["WAITING", "DELIVERED", "FAILED"]
STATES: Final[dict[str, StateWord]] = {
    WebhookDelivery.State.WAITING: "WAITING",
    WebhookDelivery.State.DELIVERED: "DELIVERED",
    WebhookDelivery.State.FAILED: "FAILED",
}


def listened_to(word: str) -> str:
    """`word` itself.

    :raises PydanticCustomError: when it is no event that an endpoint can listen to.
    """
    if word not in LISTENED_TO:
        raise PydanticCustomError("event", "is no event: {events}", {"events": ", ".join(LISTENED_TO)})
    return word


def each_once(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


EventWord = Annotated[str, Field(json_schema_extra={"enum": list(WebhookEvent.values)}, examples=["cap.changed"])]
Listened = Annotated[
    str,
    Field(json_schema_extra={"enum": [event.value for event in LISTENED_TO]}, examples=["cap.changed"]),
    AfterValidator(listened_to),
]
Events = Annotated[list[Listened], Field(min_length=1, max_length=len(LISTENED_TO)), AfterValidator(each_once)]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WEBHOOK_URL),
    STORABLE,
    Field(examples=["https://hooks.harbor.example/portal"]),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_WEBHOOK_NAME),
    STORABLE,
    Field(examples=["Ticket bridge"]),
]
Secret = Annotated[
    str, Field(description="Shown this once; not in a repeated answer.", examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])
]


class WebhookBody(TypedDict):
    """One endpoint. `pausedBy` is empty where the portal itself gave up; until `formerSecretUntil` the secret before the last signs as well."""

    id: PublicId
    _id: PublicId
    url: Annotated[str, Field(examples=["https://hooks.harbor.example/portal"])]
    description: Annotated[str, Field(examples=["Ticket bridge"])]
    events: list[EventWord]
    active: bool
    createdAt: datetime
    createdBy: Annotated[str, Field(examples=["Ada Berg"])]
    pausedAt: NotRequired[datetime]
    pausedBy: NotRequired[Annotated[str, Field(examples=["Ada Berg"])]]
    failingSince: NotRequired[datetime]
    lastSuccessAt: NotRequired[datetime]
    formerSecretUntil: NotRequired[datetime]


class WebhookWithSecret(WebhookBody):
    """The endpoint and the secret that signs what is sent there from now on."""

    secret: NotRequired[Secret]


class WebhookList(TypedDict):
    """A page of endpoints and how many match."""

    results: list[WebhookBody]
    totalCount: int


class DeliveryBody(TypedDict):
    """One event on its way to one endpoint. `messageId` is the header `webhook-id`; `attempts` are those of all its series."""

    id: PublicId
    _id: PublicId
    webhook: PublicId
    messageId: Annotated[str, Field(examples=["msg_0199f2b4c9a17d3e5f608192"])]
    event: EventWord
    state: StateWord
    announcedAt: datetime
    attempts: HowMany
    lastStatus: NotRequired[Annotated[int, Field(examples=[200])]]
    nextAttemptAt: NotRequired[datetime]
    settledAt: NotRequired[datetime]
    replayedAt: NotRequired[datetime]
    replayedBy: NotRequired[Annotated[str, Field(examples=["Ada Berg"])]]


class DeliveryList(TypedDict):
    """A page of deliveries and how many match."""

    results: list[DeliveryBody]
    totalCount: int


class AttemptBody(TypedDict):
    """One call: the status and the beginning of the answer, or why there was none."""

    at: datetime
    milliseconds: NotRequired[HowMany]
    status: NotRequired[Annotated[int, Field(examples=[503])]]
    answer: NotRequired[Annotated[str, Field(examples=["not now"])]]
    error: NotRequired[Annotated[str, Field(json_schema_extra={"enum": list(ERRORS)}, examples=["too_slow"])]]


class WholeDeliveryBody(DeliveryBody):
    """The delivery with `body`, to the letter as it is sent, and every attempt, the last first."""

    body: Annotated[str, Field(examples=['{"type":"ping","timestamp":"2026-03-04T05:06:07Z","data":{}}'])]
    calls: list[AttemptBody]


class NewWebhook(Schema):
    """Where events go and which; all that the key's role may see if `events` is left out."""

    model_config = ConfigDict(extra="forbid")
    url: Url
    description: Name = ""
    events: Events | None = None


class WebhookChange(Schema):
    """What changes; what is left out stays. `active` false pauses the endpoint, true resumes it."""

    model_config = ConfigDict(extra="forbid")
    url: Url | None = None
    description: Name | None = None
    events: Events | None = None
    active: bool | None = None

    def terms(self, endpoint: WebhookEndpoint) -> dict[str, Any]:
        """What `change_webhook` wants to know."""
        return {
            "url": endpoint.url if self.url is None else self.url,
            "description": endpoint.description if self.description is None else self.description,
            "types": endpoint.types if self.events is None else self.events,
        }


def webhook_body(endpoint: WebhookEndpoint) -> WebhookBody:
    """One endpoint on the wire."""
    body: WebhookBody = {
        "id": endpoint.pk,
        "_id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.types,
        "active": endpoint.is_active,
        "createdAt": endpoint.created_at,
        "createdBy": endpoint.created_by_name,
    }
    if endpoint.paused_at is not None:
        body |= {"pausedAt": endpoint.paused_at, "pausedBy": endpoint.paused_by_name}
    if endpoint.failing_since is not None:
        body["failingSince"] = endpoint.failing_since
    if endpoint.last_success_at is not None:
        body["lastSuccessAt"] = endpoint.last_success_at
    if endpoint.former_secret_until is not None:
        body["formerSecretUntil"] = endpoint.former_secret_until
    return body


def delivery_body(delivery: WebhookDelivery) -> DeliveryBody:
    """One delivery on the wire; it comes from `counted()`."""
    body: DeliveryBody = {
        "id": delivery.pk,
        "_id": delivery.pk,
        "webhook": delivery.endpoint_id,
        "messageId": delivery.message_id,
        "event": delivery.type,
        "state": STATES[delivery.state],
        "announcedAt": delivery.announced_at,
        "attempts": delivery.attempts_made,  # type: ignore[attr-defined]  # of `counted`
    }
    if delivery.last_status is not None:  # type: ignore[attr-defined]  # of `counted`
        body["lastStatus"] = delivery.last_status  # type: ignore[attr-defined]
    if delivery.is_waiting:
        body["nextAttemptAt"] = delivery.due_at
    if delivery.settled_at is not None:
        body["settledAt"] = delivery.settled_at
    if delivery.replayed_at is not None:
        body |= {"replayedAt": delivery.replayed_at, "replayedBy": delivery.replayed_by_name}
    return body


def whole_delivery(delivery: WebhookDelivery) -> JsonResponse:
    """One delivery with what is sent and each attempt; it comes from `counted()`."""
    calls = [_attempt(each) for each in delivery.attempts.order_by("-at", "-pk")]
    body: WholeDeliveryBody = {**delivery_body(delivery), "body": delivery.body, "calls": calls}
    return JsonResponse(body)


def _attempt(attempt: WebhookAttempt) -> AttemptBody:
    body: AttemptBody = {"at": attempt.at}
    if attempt.milliseconds is not None:
        body["milliseconds"] = attempt.milliseconds
    if attempt.status is not None:
        body |= {"status": attempt.status, "answer": attempt.answer}
    if attempt.error:
        body["error"] = attempt.error
    return body


ENDPOINTS: Final = Listing[WebhookEndpoint](
    columns={
        "id": Column("pk"),
        "_id": Column("pk"),
        "url": Column("url"),
        "description": Column("description"),
        "createdAt": Column("created_at", "time"),
    },
    body=webhook_body,
)
DELIVERIES: Final = Listing[WebhookDelivery](
    columns={
        "id": Column("pk"),
        "_id": Column("pk"),
        "messageId": Column("message_id"),
        "event": Column("type"),
        "state": Column("state", words={word: state for state, word in STATES.items()}),
        "announcedAt": Column("announced_at", "time"),
    },
    body=delivery_body,
    order=("-announced_at", "-pk"),
)
