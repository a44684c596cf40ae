"""Files of long listings: asking the worker for one, following it, fetching it, one's own so far."""

import gzip
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions.exports import ask_for_export, delete_export
from accounts.actions.making_exports import rights_of
from accounts.bounds import EXPORTS_KEPT_FOR
from accounts.doors import ProviderRequest, own_door, request_for
from accounts.forms.exports import ExportForm
from accounts.listings import listing_for, may_read
from accounts.models import Export, ExportPiece
from accounts.streams import scoped
from msp_portal.lib.acts import carry_out
from msp_portal.lib.csv_export import csv_attachment
from msp_portal.lib.page import page, redirect_to


@own_door("GET")
def exports(request: ProviderRequest) -> HttpResponse:
    """`/exports/`: one's own, the newest first."""
    return _list(request)


@own_door("POST")
def ask(request: ProviderRequest) -> HttpResponse:
    """Have the file of a listing made, if its own door would open. What is too much for one person is refused."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    listing = listing_for(request_for(request.administrator, form.cleaned_data["address"], request.at))
    if carry_out(form, ask_for_export, listing=listing, by=request.administrator, at=request.at):
        return redirect_to(request, form.result.get_absolute_url())  # type: ignore[attr-defined]
    return _list(request, form, status=409)


@own_door("GET")
def export(request: ProviderRequest, export_id: str) -> HttpResponse:
    """`/exports/<id>/`: how far the worker is, and the file when it is ready."""
    return _export(request, _own(request, export_id))


@own_door("GET")
def export_file(request: ProviderRequest, export_id: str) -> HttpResponseBase:
    """`…/file/`: to whom the listing would still show what the file has; 403 when that changed since it was made."""
    found = _own(request, export_id)
    if not found.is_ready:
        raise Http404
    if _is_withheld(request, found):
        return _export(request, found, status=403)
    pieces = ExportPiece.objects.filter(provider_id=found.provider_id, export=found).order_by("place")
    return csv_attachment(found.file_name, scoped(request.administrator, _unpacked(pieces)))


@own_door("POST")
def delete(request: ProviderRequest, export_id: str) -> HttpResponse:
    carry_out(forms.Form(request.POST), delete_export, export=_own(request, export_id), by=request.administrator, at=request.at)
    return redirect_to(request, reverse("exports"), _("The file was deleted."))


def _own(request: ProviderRequest, export_id: str) -> Export:
    return get_object_or_404(_kept(request, request.at), pk=export_id)


def _kept(request: ProviderRequest, at: datetime) -> QuerySet[Export]:
    return Export.objects.of(request.administrator).kept(at).newest_first()


def _is_withheld(request: ProviderRequest, found: Export) -> bool:
    """Whether a ready file has what its reader may not see any more, or not as it is."""
    place = request.administrator
    return found.is_ready and (not may_read(place, found.address) or found.rights != rights_of(place))


def _list(request: ProviderRequest, form: ExportForm | None = None, status: int = 200) -> HttpResponse:
    shown = {
        "exports": _kept(request, request.at),
        "form": form,
        "days": EXPORTS_KEPT_FOR.days,
        "zone": request.provider.time_zone,
    }
    return page(request, "exports/exports.html", shown, status=status)


def _export(request: ProviderRequest, found: Export, status: int = 200) -> HttpResponse:
    shown: dict[str, Any] = {
        "export": found,
        "is_withheld": _is_withheld(request, found),
        "may_read": may_read(request.administrator, found.address),
        "days": EXPORTS_KEPT_FOR.days,
        "zone": request.provider.time_zone,
        "trail": [{"label": _("Exports"), "url": reverse("exports")}, {"label": found.file_name}],
    }
    return page(request, "exports/export.html", shown, fragment="export", status=status)


def _unpacked(pieces: QuerySet[ExportPiece]) -> Iterator[bytes]:
    """The file, a piece at a time."""
    for (content,) in pieces.values_list("content").iterator(chunk_size=1):
        yield gzip.decompress(bytes(content))
