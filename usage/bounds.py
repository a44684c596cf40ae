"""Numbers that bound something, each written once. The bounds of a cap itself are in `accounts/bounds.py`."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

NEAR_LIMIT_SEATS: Final = 10
"""An organization is near its cap while 1 to this many seats are left."""

NEAR_LICENSES_SHARE: Final = Decimal("0.90")
"""Licences are near their limit from this share of the commitment on, and over strictly above all of it."""

FORECAST_HISTORY_DAYS: Final = 90
"""How far back a forecast of the month's licences looks."""
FORECAST_LEAST_DAYS: Final = 7
"""With fewer days of history there is none."""

SEAT_REQUEST_TEXT_LONGEST: Final = 500
"""Of a reason for more seats, and of the answer."""

LONGEST_USER_NAME: Final = 100
LONGEST_PERSON_NAME: Final = 80
"""Of a first or last name."""
LONGEST_DEVICE_NAME: Final = 120

CAPS_AT_ONCE_MAX: Final = 10_000
"""Organizations whose caps are changed in one act."""
CAPS_SHOWN_MAX: Final = 200
"""Of them on one page of the preview."""
CAP_FILE_MAX: Final = 5 * 2**20
"""Bytes of a file of caps."""
LONGEST_CAP_CELL: Final = 10_000
"""Characters in one cell of it."""
CAP_PLANNED_AHEAD_MAX: Final = timedelta(days=3 * 366)
"""How far ahead a cap may begin or end."""

LARGEST_IMPORT: Final = 20 * 2**20
"""Bytes of a file of users or devices; 100,000 rows are about 7 million. `LARGEST_UPLOAD` in the settings lies above it."""
MOST_IMPORTED_ROWS: Final = 100_000
IMPORT_ROWS_A_STEP: Final = 2_000
"""How many rows are checked between two reports of progress; a cancelled import stops there."""
IMPORT_LEASE: Final = timedelta(minutes=2)
"""How long an import may be silent. Then its worker is taken for dead."""
IMPORT_KEPT_FOR: Final = timedelta(days=7)
"""What waits for an answer, or tells of faults, is removed then."""

USER_INVITATION_VALID_FOR: Final = timedelta(days=14)
"""Then the staged user is removed and the seat is free again."""
USER_INVITATIONS_OF_ORGANIZATION: Final = 500
USER_INVITATIONS_OF_ADMINISTRATOR: Final = 1_000
"""Mails within USER_INVITATIONS_WINDOW, so that nobody writes to a million strangers through the portal."""
USER_INVITATIONS_OF_ADDRESS: Final = 10
"""Nor time and again to one; several users may share an address."""
USER_INVITATIONS_WINDOW: Final = timedelta(days=1)
USER_INVITATIONS_EXPIRED_AT_ONCE: Final = 500
"""Users in one transaction; seats stay locked while it runs."""
USER_INVITATION_KEPT_FOR: Final = timedelta(days=90)
"""After it was sent, when nobody waits for it any more: its link says whom to ask."""

REMOVED_USER_KEPT_FOR: Final = timedelta(days=30)
"""How long a removal can be undone. Then nothing is left of the user but the name in the ledger and the log."""
WEBHOOKS_MAX: Final = 20
"""Endpoints of one provider."""
LONGEST_WEBHOOK_URL: Final = 500
LONGEST_WEBHOOK_NAME: Final = 120
WEBHOOK_SECRET_BYTES: Final = 32
FORMER_SECRET_KEPT_FOR: Final = timedelta(hours=24)
WEBHOOK_WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=1),
)
"""After each failed attempt but the last; nearly four days in all."""
WEBHOOK_TRIES_MAX: Final = len(WEBHOOK_WAITS) + 1
WEBHOOK_HELD_FOR: Final = timedelta(minutes=1)
"""After a failure an endpoint gets nothing for so long, whatever else waits for it."""
WEBHOOK_CONNECT_SECONDS: Final = 5.0
"""For finding the address, and again for reaching it."""
WEBHOOK_CALL_SECONDS: Final = 15.0
"""For a whole call, however slowly the answer drips."""
WEBHOOK_LEASE: Final = timedelta(minutes=2)
"""How long an attempt may take. Then its worker is taken for dead."""
WEBHOOK_RUN_MOST: Final = timedelta(minutes=5)
"""One run of the worker; the next minute's goes on."""
WEBHOOK_CALLS_AT_ONCE: Final = 32
"""Each to another endpoint."""
WEBHOOK_LOOK_EVERY: Final = 1.0
"""Seconds after which a run that waits for answers looks for what else is due."""
WEBHOOK_ANSWER_KEPT: Final = 2_000
"""Bytes of an answer that are read and kept."""
WEBHOOK_FAILING_TOLD_AFTER: Final = timedelta(days=1)
WEBHOOK_FAILING_PAUSED_AFTER: Final = timedelta(days=5)
WEBHOOK_DELIVERIES_KEPT_FOR: Final = timedelta(days=30)

ALERT_PERCENT_MAX: Final = 500
"""Of a cap or a commitment; a cap may be lowered below the users, so that they are far above all of it."""
ALERT_EMAILS_MAX: Final = 10
"""Addresses beside the administrators in one alert."""
ALERTS_MAX: Final = 500
"""Of one provider, with those for one organization."""
ALERT_MAILS_ASKED_MAX: Final = 100
"""Tests, and alerts sent again, within ALERT_MAILS_WINDOW, of one provider: addresses are free, so that they may be strangers'."""
ALERT_MAILS_WINDOW: Final = timedelta(days=1)
ALERT_EVENTS_A_STEP: Final = 20_000
"""Numbers of the ledger that are looked through in one transaction."""
ALERTS_TOLD_AT_ONCE: Final = 100
"""Crossings of one provider in one transaction, and so in one mail."""
