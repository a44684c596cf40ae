"""What is said of a file of users or devices, in the reader's words. The worker notes codes, as it does not know who will read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from msp_portal.lib.csv_import import LINE_FAULTS
from msp_portal.lib.rules import Busy
from msp_portal.lib.templatetags.portal import number
from usage.gate import OrganizationClosed, ProviderSuspended, UserCapReached
from usage.import_kinds import KINDS
from usage.models import StagedImport

FAULTS: Final[dict[str, str | Promise]] = {
    "required": _("%(column)s is empty."),
    "max_length": _("%(column)s is longer than %(most)s characters."),
    "invalid": _("%(column)s is not an e-mail address."),
    "null_characters_not_allowed": _("%(column)s has a character that cannot be kept."),
    "formula": _("%(column)s starts like a formula. If it is meant as text, put an apostrophe (') before it."),
    "other": _("%(column)s names another organization than this one."),
    "unknown": _("%(column)s is none of: active, suspended, staged."),
    "taken": _("A user of this name already exists in the organization."),
    "twice": _("This user name stands in the file more than once."),
    "cells": LINE_FAULTS["many_cells"],
}
WARNINGS: Final[dict[str, str | Promise]] = {
    "serial_number:twice": _("This serial number stands in the file more than once."),
    "serial_number:here": _("The organization has a device of this serial number already."),
    "name:twice": _("This name stands in the file more than once, without a serial number."),
    "name:here": _("The organization has a device of this name already, and no serial number tells them apart."),
}
REFUSALS: Final[dict[str, str | Promise]] = {
    "busy": Busy.message,
    "interrupted": _("The import was interrupted. Nothing was added; you can start it again."),
    "too_junior": _("Whoever confirmed this import may no longer add anything here. Nothing was added."),
    ProviderSuspended.code: ProviderSuspended.message,
    OrganizationClosed.code: OrganizationClosed.message,
}
PASSING: Final = {"busy", "interrupted", "too_junior"}
"""Those after which one simply tries again."""


@dataclass(frozen=True)
class Words:
    """What the pages call the rows of one kind. Those with a number take it as `number` and `rows`."""

    title: str | Promise
    heading: str | Promise
    lead: str | Promise
    columns: str | Promise
    exported: str | Promise
    to_the_list: str | Promise
    need_not_wait: str | Promise
    add: Any
    adding: Any
    added: Any


WORDS: Final = {
    StagedImport.Kind.USERS.value: Words(
        title=_("Import of users"),
        heading=_("Import users"),
        lead=_(
            "Add many users to %(name)s from a CSV file. First the file is checked and you see what it would do; "
            "then all users are added, or none."
        ),
        columns=_("User name and E-mail in each row; First name, Last name and State if you have them."),
        exported=_("What the list of users exports as CSV can be imported as it is."),
        to_the_list=_("To the users"),
        need_not_wait=_("You need not wait: the users stand in the list once all of them are added."),
        add=ngettext_lazy("Add %(rows)s user", "Add %(rows)s users", "number"),
        adding=ngettext_lazy(
            "Adding %(rows)s user in one step, whole or not at all…", "Adding %(rows)s users in one step, all or none…", "number"
        ),
        added=ngettext_lazy("%(rows)s user was added.", "%(rows)s users were added.", "number"),
    ),
    StagedImport.Kind.DEVICES.value: Words(
        title=_("Import of devices"),
        heading=_("Import devices"),
        lead=_(
            "Add many devices to %(name)s from a CSV file. First the file is checked and you see what it would do; "
            "then all devices are added, or none."
        ),
        columns=_("Name in each row; Operating system and Serial number if you have them."),
        exported=_("What the list of devices exports as CSV can be imported as it is."),
        to_the_list=_("To the devices"),
        need_not_wait=_("You need not wait: the devices stand in the list once all of them are added."),
        add=ngettext_lazy("Add %(rows)s device", "Add %(rows)s devices", "number"),
        adding=ngettext_lazy(
            "Adding %(rows)s device in one step, whole or not at all…",
            "Adding %(rows)s devices in one step, all or none…",
            "number",
        ),
        added=ngettext_lazy("%(rows)s device was added.", "%(rows)s devices were added.", "number"),
    ),
}


def counted(words: Any, rows: int) -> str:
    """`words` of so many rows."""
    return str(words % {"number": rows, "rows": number(rows)})


def fault_in_words(fault: str, kind: str) -> str:
    """What is wrong with a row, from `column:code`."""
    column, code = fault.split(":")
    most = KINDS[kind].longest(column) if code == "max_length" else 0
    return str(FAULTS[code]) % {"column": KINDS[kind].labels.get(column, ""), "most": most}


def warning_in_words(warning: str) -> str:
    """What speaks against a row that can be added, from `column:code`."""
    return str(WARNINGS[warning])


def refusal_in_words(refusal: Mapping[str, Any]) -> str:
    """Why the rows were not added; the cap in the gate's own words."""
    if refusal["code"] == UserCapReached.code:
        return str(UserCapReached(**{name: value for name, value in refusal.items() if name != "code"}))
    return str(REFUSALS.get(refusal["code"], _("Nothing was added.")))
