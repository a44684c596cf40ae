"""Users or devices of one organization from a file: sending it, following the worker, agreeing or giving it up. The worker adds
(working_imports.py). `kind` comes from the address; an import knows its own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
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
from msp_portal.lib.csv_import import problem_in_words
from msp_portal.lib.page import page, redirect_to
from usage.actions.imports import cancel_import, confirm_import, start_import
from usage.bounds import LARGEST_IMPORT, MOST_IMPORTED_ROWS
from usage.forms.imports import ImportForm
from usage.import_kinds import KINDS
from usage.import_words import PASSING, WORDS, counted, fault_in_words, refusal_in_words, warning_in_words
from usage.models import Seats, StagedImport, StagedRow
from usage.queries.imports import preview_of
from usage.views.lists import around, beside_the_rows

ROWS_SHOWN: Final = 100
RECENT: Final = 5
State = StagedImport.State


@organization_door("GET", permission=Permission.EDIT_USERS)
def new(request: OrganizationRequest, kind: str) -> HttpResponse:
    """`/organizations/<id>/users/import/`: what a file must be, and the field to send it."""
    return _form(request, kind, ImportForm())


@organization_door("POST", permission=Permission.EDIT_USERS)
def start(request: OrganizationRequest, kind: str) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if carry_out(form, start_import, organization=request.organization, kind=kind, by=request.administrator, at=request.at):
        return redirect_to(request, _url(form.result))
    return _form(request, kind, form, status=422)


@organization_door("GET", permission=Permission.EDIT_USERS)
def template(request: OrganizationRequest, kind: str) -> StreamingHttpResponse:
    """`…/template/`: a file with the columns and one row, in the dialect of the reader's spreadsheet."""
    return csv_response(f"{kind}s.csv", _header(kind), [KINDS[kind].sample], dialect_of(request))


@organization_door("GET", permission=Permission.EDIT_USERS)
def show(request: OrganizationRequest, import_id: str) -> HttpResponse:
    """`/organizations/<id>/imports/<import>/`: how far the worker is, what the file would do, and what came of it."""
    return _import(request, _own(request, import_id))


@organization_door("POST", permission=Permission.EDIT_USERS)
def confirm(request: OrganizationRequest, import_id: str) -> HttpResponse:
    staged, form = _own(request, import_id), forms.Form(request.POST)
    done = carry_out(form, confirm_import, staged=staged, by=request.administrator)
    return redirect_to(request, _url(staged)) if done else _import(request, staged, form)


@organization_door("POST", permission=Permission.EDIT_USERS)
def cancel(request: OrganizationRequest, import_id: str) -> HttpResponse:
    staged, form = _own(request, import_id), forms.Form(request.POST)
    done = carry_out(form, cancel_import, staged=staged, by=request.administrator, at=request.at)
    return redirect_to(request, _url(staged)) if done else _import(request, staged, form)


@organization_csv(permission=Permission.EDIT_USERS)
def faults_csv(request: OrganizationRequest, import_id: str) -> Listing:
    """`…/<import>/faults/csv/`: every faulty row with its line and all that is wrong with it."""
    staged = _own(request, import_id)
    header = [_("Line"), *_header(staged.kind), _("What is wrong")]
    rows = staged.rows.faulty().values_list("line", "cells", "faults")
    return Listing("faulty rows.csv", header, rows, partial(_cells, staged.kind))


def _own(request: OrganizationRequest, import_id: str) -> StagedImport:
    mine = request.mine(StagedImport.objects.select_related("organization")).filter(organization=request.organization)
    return get_object_or_404(mine, pk=import_id)


def _url(staged: StagedImport) -> str:
    return reverse("import", args=[staged.organization_id, staged.pk])


def _header(kind: str) -> list[object]:
    return [KINDS[kind].labels[column] for column in KINDS[kind].typed]


def _form(request: OrganizationRequest, kind: str, form: ImportForm, status: int = 200) -> HttpResponse:
    recent = StagedImport.objects.recent().filter(organization=request.organization, kind=kind)
    shown = {
        "form": form,
        "recent": request.mine(recent)[:RECENT],
        "under_way": request.mine(recent.under_way()).first(),
        "most_rows": MOST_IMPORTED_ROWS,
        "most_bytes": LARGEST_IMPORT,
        "lead": WORDS[kind].lead % {"name": request.organization.name},
    }
    return page(request, "imports/new.html", {**shown, **_around(request, kind)}, fragment="import-form", status=status)


def _import(request: OrganizationRequest, staged: StagedImport, form: forms.Form | None = None) -> HttpResponse:
    """The page of the import; with a `form` that was refused, what it was refused with."""
    around_it = _around(request, staged.kind)
    words = WORDS[staged.kind]
    shown = {
        "import": staged,
        "form": form,
        "problem": problem_in_words(staged.problem, KINDS[staged.kind].labels) if staged.problem else "",
        **{name: counted(getattr(words, name), staged.rows_read) for name in ("add", "adding", "added")},
        **_preview(staged, around_it["seats"]),
        **_faults(staged),
    }
    return page(request, "imports/import.html", {**shown, **around_it}, fragment="import", status=409 if form else 200)


def _preview(staged: StagedImport, seats: Seats) -> dict[str, Any]:
    """How many would fit now, the refusal that stands in the way, and the rows that one should look at."""
    if staged.state != State.READY:
        return {}
    preview = preview_of(staged, seats)
    refused = {"refusal": _Refusal(preview.refusal["code"], refusal_in_words(preview.refusal))} if preview.refusal else None
    doubtful = staged.rows.doubtful()
    return {
        "preview": preview,
        "refused": refused,
        "number_of_doubtful": doubtful.count(),
        **_report(staged, doubtful, lambda row: map(warning_in_words, row.warnings)),
    }


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


def _faults(staged: StagedImport) -> dict[str, Any]:
    if staged.state != State.FAULTY:
        return {}
    return _report(staged, staged.rows.faulty(), lambda row: (fault_in_words(fault, staged.kind) for fault in row.faults))


def _report(staged: StagedImport, rows: Any, told: Callable[[StagedRow], Iterable[str]]) -> dict[str, Any]:
    """The first of `rows`, each with its line, what names it, and what is `told` of it."""
    shown = KINDS[staged.kind].shown
    listed = [(row.line, [row.cells[column] for column in shown], list(told(row))) for row in rows[: ROWS_SHOWN + 1]]
    headings = [KINDS[staged.kind].labels[column] for column in shown]
    return {"report": listed[:ROWS_SHOWN], "headings": headings, "is_cut": len(listed) > ROWS_SHOWN}


def _around(request: OrganizationRequest, kind: str) -> dict[str, Any]:
    pk, current = request.organization.pk, f"organization-{kind}s"
    return {
        "words": WORDS[kind],
        "list_url": reverse(current, args=[pk]),
        "again_url": reverse(f"{kind}-imports", args=[pk]),
        "template_url": reverse(f"{kind}-import-template", args=[pk]),
        "takes_seats": kind == StagedImport.Kind.USERS,
        **beside_the_rows(request, request.organization),
        **around(request, request.organization, current, below=_("Import")),
    }


def _cells(kind: str, row: Sequence[Any]) -> Sequence[object]:
    line, cells, faults = row
    words = " ".join(fault_in_words(fault, kind) for fault in faults)
    return [line, *(cells[column] for column in KINDS[kind].typed), words]
