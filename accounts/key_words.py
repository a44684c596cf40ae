"""Why a presented key was refused, and what to do about it, in words."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSED_BECAUSE: Final[dict[str, str | Promise]] = {
    "revoked": _("The key was revoked or replaced."),
    "expired": _("The key has expired."),
    "ended": _("The key was replaced, and its time beside the new one is over."),
    "address": _("The key may not be used from this address."),
    "wrong": _("A part of the key was wrong."),
}
"""By the reason that `accounts/keys.py` gives and the audit log keeps."""

ALARMING: Final = frozenset({"revoked", "expired", "ended", "address"})
"""The reasons that tell of someone who holds a whole key: people are written to."""

ADVICE: Final[dict[bool, str | Promise]] = {
    True: _(
        "If you know the client, renew the key and allow its address. If you don't, someone has a copy of a key that works elsewhere: renew it now."
    ),
    False: _(
        "If you know the client, give it a key that works. If you don't, someone has a copy of an old key. It opens nothing, but find out where it was kept, and renew what was kept beside it."
    ),
}
"""By whether the key works where it may."""
