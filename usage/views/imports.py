"""Users of one organization from a file: sending it, following the worker, agreeing or giving it up. The worker adds (working_imports.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.listings import Listing, organization_csv
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.csv_export import csv_response, dialect_of
from msp_portal.lib.page import page, redirect_to
from usage.actions.imports import cancel_import, confirm_import, start_import
from usage.bounds import LARGEST_IMPORT, MOST_IMPORTED_USERS
from usage.forms.imports import UserFileForm
from usage.gate import UserCapReached
from usage.import_file import LABELS, TYPED
from usage.import_words import PASSING, fault_in_words, problem_in_words, refusal_in_words
from usage.models import Seats, UserImport, UserImportRow
from usage.views.lists import around, beside_the_rows

FAULTS_SHOWN: Final = 100
RECENT: Final = 5
SAMPLE: Final = ("ada.lovelace", "ada.lovelace@example.com", "Ada", "Lovelace")
State = UserImport.State


@organization_door("GET", permission=Permission.EDIT_USERS)
def new(request: OrganizationRequest) -> HttpResponse:
    """`/organizations/<id>/users/import/`: what a file must be, and the field to send it."""
    return _form(request, UserFileForm())


@organization_door("POST", permission=Permission.EDIT_USERS)
def start(request: OrganizationRequest) -> HttpResponse:
    form = UserFileForm(request.POST, request.FILES)
    if carry_out(form, start_import, organization=request.organization, by=request.administrator, at=request.at):
        return redirect_to(request, _url(form.result))
    return _form(request, form, status=422)


@organization_door("GET", permission=Permission.EDIT_USERS)
def template(request: OrganizationRequest) -> StreamingHttpResponse:
    """`…/template/`: a file with the columns and one row, in the dialect of the reader's spreadsheet."""
    return csv_response("users.csv", [LABELS[column] for column in TYPED], [SAMPLE], dialect_of(request))


@organization_door("GET", permission=Permission.EDIT_USERS)
def show(request: OrganizationRequest, import_id: str) -> HttpResponse:
    """`…/<import>/`: how far the worker is, what the file would do, and what came of it."""
    return _import(request, _own(request, import_id))


@organization_door("POST", permission=Permission.EDIT_USERS)
def confirm(request: OrganizationRequest, import_id: str) -> HttpResponse:
    user_import, form = _own(request, import_id), forms.Form(request.POST)
    done = carry_out(form, confirm_import, user_import=user_import, by=request.administrator)
    return redirect_to(request, _url(user_import)) if done else _import(request, user_import, form)


@organization_door("POST", permission=Permission.EDIT_USERS)
def cancel(request: OrganizationRequest, import_id: str) -> HttpResponse:
    user_import, form = _own(request, import_id), forms.Form(request.POST)
    done = carry_out(form, cancel_import, user_import=user_import, by=request.administrator, at=request.at)
    return redirect_to(request, _url(user_import)) if done else _import(request, user_import, form)


@organization_csv(permission=Permission.EDIT_USERS)
def faults_csv(request: OrganizationRequest, import_id: str) -> Listing:
    """`…/<import>/faults/csv/`: every faulty row with its line and all that is wrong with it."""
    header = [_("Line"), *(LABELS[column] for column in TYPED), _("What is wrong")]
    rows = _own(request, import_id).rows.faulty().values_list("line", *TYPED, "faults")
    return Listing("faulty rows.csv", header, rows, _cells)


def _own(request: OrganizationRequest, import_id: str) -> UserImport:
    mine = request.mine(UserImport.objects.select_related("organization")).filter(organization=request.organization)
    return get_object_or_404(mine, pk=import_id)


def _url(user_import: UserImport) -> str:
    return reverse("user-import", args=[user_import.organization_id, user_import.pk])


def _form(request: OrganizationRequest, form: UserFileForm, status: int = 200) -> HttpResponse:
    recent = UserImport.objects.recent().filter(organization=request.organization)
    shown = {
        "form": form,
        "recent": request.mine(recent)[:RECENT],
        "under_way": request.mine(recent.under_way()).first(),
        "most_rows": MOST_IMPORTED_USERS,
        "most_bytes": LARGEST_IMPORT,
    }
    return page(request, "users/import_new.html", {**shown, **_around(request)}, fragment="import-form", status=status)


def _import(request: OrganizationRequest, user_import: UserImport, form: forms.Form | None = None) -> HttpResponse:
    """The page of the import; with a `form` that was refused, what it was refused with."""
    around_it = _around(request)
    shown = {
        "import": user_import,
        "form": form,
        "problem": problem_in_words(user_import.problem) if user_import.problem else "",
        **_preview(user_import, around_it["seats"]),
        **_faults(user_import),
    }
    return page(request, "users/import.html", {**shown, **around_it}, fragment="user-import", status=409 if form else 200)


def _preview(user_import: UserImport, seats: Seats) -> dict[str, Any]:
    """How many would fit now, and the refusal that stands in the way, in the gate's own words."""
    if user_import.state != State.READY:
        return {}
    wanted, left = user_import.rows_read, seats.left
    fits = wanted if left is None else min(wanted, left)
    refusal: Mapping[str, Any] = user_import.refusal
    if fits < wanted:
        at_the_cap = UserCapReached(organization_id=seats.pk, user_cap=seats.user_cap or 0, users=seats.users, wanted=wanted)
        refusal = {"code": at_the_cap.code, **at_the_cap.details}
    elif refusal.get("code") == UserCapReached.code:
        refusal = {}  # the cap was raised meanwhile
    refused = {"refusal": _Refusal(refusal["code"], refusal_in_words(refusal))} if refusal else None
    return {"wanted": wanted, "fits": fits, "fits_all": fits == wanted, "refused": refused}


@dataclass(frozen=True)
class _Refusal:
    """What `users/refusal.html` draws: a code, and the words."""

    code: str
    words: str

    def __str__(self) -> str:
        return self.words

    @property
    def is_passing(self) -> bool:
        """Whether to try again is all that helps; nobody needs to be asked."""
        return self.code in PASSING


def _faults(user_import: UserImport) -> dict[str, Any]:
    if user_import.state != State.FAULTY:
        return {}
    rows = [_FaultyRow(row) for row in user_import.rows.faulty()[:FAULTS_SHOWN]]
    return {"faulty": rows, "is_cut": user_import.faulty_rows > len(rows)}


class _FaultyRow:
    """One line of the report."""

    def __init__(self, row: UserImportRow) -> None:
        self.line, self.user_name, self.email = row.line, row.user_name, row.email
        self.faults = [fault_in_words(fault) for fault in row.faults]


def _around(request: OrganizationRequest) -> dict[str, Any]:
    return {
        **beside_the_rows(request, request.organization),
        **around(request, request.organization, "organization-users"),
    }


def _cells(row: Sequence[Any]) -> Sequence[object]:
    *said, faults = row
    return [*said, " ".join(map(fault_in_words, faults))]
