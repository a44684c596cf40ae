"""What was wrong with a file of users, in the reader's words. The worker notes codes, as it does not know who will read them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msp_portal.lib.rules import Busy
from msp_portal.lib.templatetags.portal import number
from usage.gate import OrganizationClosed, ProviderSuspended, UserCapReached
from usage.import_file import LABELS, longest

PROBLEMS: Final[dict[str, str | Promise]] = {
    "encoding": gettext_lazy("Line %(line)s is not written in UTF-8. Save the file as “CSV UTF-8” and upload it again."),
    "missing_columns": gettext_lazy("These columns are missing: %(columns)s. The first line of the file must name the columns."),
    "column_twice": gettext_lazy("These columns stand in the file more than once: %(columns)s."),
    "not_csv": gettext_lazy("Line %(line)s is not CSV: a quotation mark is opened and not closed, or stands inside a cell."),
    "cell_too_large": gettext_lazy(
        "Line %(line)s has a cell of more than 100,000 characters. Often a quotation mark before it is not closed."
    ),
    "too_many_rows": gettext_lazy("The file has more than %(most)s rows. Split it and import one file after the other."),
    "no_rows": gettext_lazy("The file names columns but no users."),
}
FAULTS: Final[dict[str, str | Promise]] = {
    "required": gettext_lazy("%(column)s is empty."),
    "max_length": gettext_lazy("%(column)s is longer than %(most)s characters."),
    "invalid": gettext_lazy("%(column)s is not an e-mail address."),
    "null_characters_not_allowed": gettext_lazy("%(column)s has a character that cannot be kept."),
    "formula": gettext_lazy("%(column)s starts like a formula. If it is meant as text, put an apostrophe (') before it."),
    "other": gettext_lazy("%(column)s names another organization than this one."),
    "unknown": gettext_lazy("%(column)s is none of: active, suspended, staged."),
    "taken": gettext_lazy("A user of this name already exists in the organization."),
    "twice": gettext_lazy("This user name stands in the file more than once."),
    "cells": gettext_lazy("The row has more cells than there are columns."),
}
REFUSALS: Final[dict[str, str | Promise]] = {
    "busy": Busy.message,
    "interrupted": gettext_lazy("The import was interrupted. Nobody was added; you can start it again."),
    "too_junior": gettext_lazy("Whoever confirmed this import may no longer add users here. Nobody was added."),
    ProviderSuspended.code: ProviderSuspended.message,
    OrganizationClosed.code: OrganizationClosed.message,
}
PASSING: Final = {"busy", "interrupted", "too_junior"}
"""Those after which one simply tries again."""


def problem_in_words(problem: Mapping[str, Any]) -> str:
    """Why a file could not be read."""
    told = {name: number(value) if isinstance(value, int) else value for name, value in problem.items()}
    told["columns"] = ", ".join(str(LABELS[column]) for column in problem.get("columns", ()))
    return str(PROBLEMS[problem["code"]]) % told


def fault_in_words(fault: str) -> str:
    """What is wrong with a row, from `column:code`."""
    column, code = fault.split(":")
    most = longest(column) if code == "max_length" else 0
    return str(FAULTS[code]) % {"column": LABELS.get(column, ""), "most": most}


def refusal_in_words(refusal: Mapping[str, Any]) -> str:
    """Why the users were not added; the cap in the gate's own words."""
    if refusal["code"] == UserCapReached.code:
        return str(UserCapReached(**{name: value for name, value in refusal.items() if name != "code"}))
    return str(REFUSALS.get(refusal["code"], _("Nobody was added.")))
