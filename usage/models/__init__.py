"""One file a subject; import from here."""

from usage.models.alert import AlertBookmark, AlertCrossing, AlertKind, AlertMail, AlertRule
from usage.models.cap_change import CapChange
from usage.models.cap_event import CapEvent
from usage.models.device import Device
from usage.models.licensing import LicenseTotal, Licensing
from usage.models.month import BillingMonth, ClosedMonth
from usage.models.removed_user import RemovedUser
from usage.models.seat_request import SeatRequest
from usage.models.seats import CountDifference, SeatEvent, Seats
from usage.models.staged_import import StagedFile, StagedImport, StagedRow
from usage.models.user import User
from usage.models.user_invitation import UserInvitation
from usage.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "AlertBookmark",
    "AlertCrossing",
    "AlertKind",
    "AlertMail",
    "AlertRule",
    "BillingMonth",
    "CapChange",
    "CapEvent",
    "ClosedMonth",
    "CountDifference",
    "Device",
    "LicenseTotal",
    "Licensing",
    "RemovedUser",
    "SeatEvent",
    "SeatRequest",
    "Seats",
    "StagedFile",
    "StagedImport",
    "StagedRow",
    "User",
    "UserInvitation",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
