"""What a rule says when it refuses: worded for the person who met it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RuleBroken(Exception):
    """A normal answer, not a fault: the act was refused by a rule and nothing was written.

    `field` names the form field to stand at, empty for the form as a whole. `code` is what scripts, tests and the audit log compare.
    """

    message: str | Promise = _("That is not possible now.")
    code = "refused"
    field = ""

    def __init__(self, message: str | Promise | None = None, **details: object) -> None:
        super().__init__()
        self.message = message or self.message
        self.details = details

    def __str__(self) -> str:
        return str(self.message)


class Busy(RuleBroken):
    """Another transaction held the lock for longer than `lock_timeout`, or the two waited for each other."""

    message = _("Someone else is changing this right now. Nothing was saved; please try again.")
    code = "busy"
