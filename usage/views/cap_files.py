"""User caps as a file: out, and back in with the same preview as any change of many caps."""

from collections.abc import Collection
from typing import Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from msp_portal.lib.page import page
from usage.forms.cap_files import CapFileForm, Fault, read_caps
from usage.forms.many_caps import ManyCapsForm
from usage.models import Seats
from usage.queries.cap_plans import Operation, plan_of, wanted_by
from usage.views.many_caps import shown_plan
from usage.views.usage import rows_of, table_of

HEADER: Final = ("id", "name", "cap")
"""The same in every language: a file made in one is read in another."""
FAULTS_SHOWN: Final = 100


@provider_csv(permission=Permission.EDIT_CAPS)
def caps_csv(request: ProviderRequest) -> Listing:
    """The caps of exactly the rows that the page's search and filter match, to be edited and uploaded."""
    table = table_of(request, request.GET)
    rows = table.filtered(rows_of(request, table)).values_list("organization_id", "name", "user_cap")
    return Listing("user-caps.csv", HEADER, rows)


@provider_door("GET", permission=Permission.EDIT_CAPS)
def choose(request: ProviderRequest) -> HttpResponse:
    return _form(request, CapFileForm())


@provider_door("POST", permission=Permission.EDIT_CAPS)
def read(request: ProviderRequest) -> HttpResponse:
    """What the file would change, or all that is wrong with it. Writes nothing."""
    form = CapFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)

    def known(ids: Collection[str]) -> Collection[str]:
        return set(request.mine(Seats.objects.all()).filter(pk__in=ids).values_list("pk", flat=True))

    found = read_caps(form.cleaned_data["file"].read(), known)
    if found.faults:
        return _form(request, form, found.faults, status=422)
    rows = list(request.mine(Seats.objects.as_of(request.at)).filter(pk__in=found.caps).order_by("folded_name", "pk"))
    asked = ManyCapsForm({"operation": Operation.FILE.value}, of_a_file=True)
    plan = plan_of(rows, wanted_by(Operation.FILE, None, found.caps))
    return shown_plan(request, asked, rows, plan, found.caps)


def _form(request: ProviderRequest, form: CapFileForm, faults: list[Fault] | None = None, status: int = 200) -> HttpResponse:
    found = faults or []
    shown = {
        "form": form,
        "faults": found[:FAULTS_SHOWN],
        "number_of_faults": len(found),
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": _("User caps from a file")}],
    }
    return page(request, "usage/cap_file.html", shown, status=status)
