"""What webhooks tell of: every type of event there is."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class WebhookEvent(models.TextChoices):
    """The word is the `type` in what is sent."""

    NEAR_LIMIT = "alert.near_limit", _("An organization is near its user cap")
    LIMIT_REACHED = "alert.limit_reached", _("An organization has reached its user cap")
    LICENSES_NEAR = "alert.licenses_near", _("Licences are near the commitment")
    LICENSES_OVER = "alert.licenses_over", _("Licences are over the commitment")
    THRESHOLD = "alert.threshold", _("Users crossed a threshold of yours")
    LICENSES_THRESHOLD = "alert.licenses_threshold", _("Licences crossed a threshold of yours")
    SEAT_REQUEST_OPENED = "seat_request.opened", _("A client asked for more seats")
    SEAT_REQUEST_GRANTED = "seat_request.granted", _("A request for seats was granted")
    SEAT_REQUEST_DECLINED = "seat_request.declined", _("A request for seats was declined")
    SEAT_REQUEST_WITHDRAWN = "seat_request.withdrawn", _("A request for seats was withdrawn")
    CAP_CHANGED = "cap.changed", _("A user cap was changed")
    PING = "ping", _("Test")


LISTENED_TO: Final = [event for event in WebhookEvent if event is not WebhookEvent.PING]
"""What an endpoint can listen to. A test goes to the one endpoint that is tested."""
OF_LICENSES: Final = [WebhookEvent.LICENSES_NEAR, WebhookEvent.LICENSES_OVER, WebhookEvent.LICENSES_THRESHOLD]
"""These tell figures that some who manage webhooks may not see."""


def heard_by(*, licenses: bool) -> list[WebhookEvent]:
    """What somebody can let an endpoint listen to; events of licences only with the permission for them."""
    return [event for event in LISTENED_TO if licenses or event not in OF_LICENSES]
