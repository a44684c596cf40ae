"""How the MSP's own tools call its clients: the external ids of many organizations on one page, saved at once."""

from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.organizations import set_external_ids
from accounts.doors import ProviderRequest, provider_door
from accounts.models import Organization
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery
from usage.forms.external_ids import LONGEST, ExternalIdsForm

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {"name": "folded_name", "id": ("external_id", "folded_name")}
STATES: Final = {
    "none": Choice(gettext_lazy("Without one"), lambda rows: rows.filter(external_id="")),
    "closed": Choice(gettext_lazy("Closed"), lambda rows: rows.filter(closed_at__isnull=False)),
}
IDS_A_PAGE: Final = "100"  # unless another number is asked for


@provider_door("GET", permission=Permission.EDIT_ORGANIZATIONS)
def external_ids(request: ProviderRequest) -> HttpResponse:
    """`/organizations/external-ids/`"""
    return _ids(request)


@provider_door("POST", permission=Permission.EDIT_ORGANIZATIONS)
def save(request: ProviderRequest) -> HttpResponse:
    """All of the page or none. What is refused stays as it was typed."""
    form = ExternalIdsForm(request.POST.dict())
    if carry_out(form, set_external_ids, organizations=request.organizations(), by=request.administrator, at=request.at):
        number = form.result  # type: ignore[attr-defined]
        said = ngettext("%(number)d external id was saved.", "%(number)d external ids were saved.", number) % {"number": number}
        return redirect_to(
            request, reverse("external-ids") + _table(request, request.GET).url(page=request.GET.get("page")), said
        )
    return _ids(request, form, status=422 if form.faults else 409)


def _ids(request: ProviderRequest, form: ExternalIdsForm | None = None, status: int = 200) -> HttpResponse:
    table = _table(request, request.GET if form is None else QueryDict())  # what was typed stays, whatever it matches now
    shown = table.page(_rows(request, table) if form is None else request.organizations().filter(pk__in=form.wanted))
    for row in shown.rows:
        row.typed = form.wanted[row.pk] if form else row.external_id  # type: ignore[attr-defined]
        row.fault = form.faults.get(row.pk, "") if form else ""  # type: ignore[attr-defined]
        row.moved = form is not None and form.former[row.pk] != row.external_id  # type: ignore[attr-defined]
    context = {
        "table": table,
        "page": shown,
        "form": form,
        "longest": LONGEST,
        "trail": [{"label": _("Organizations"), "url": reverse("organizations")}, {"label": _("External ids")}],
    }
    return page(request, "organizations/external_ids.html", context, fragment="external-ids", status=status)


def _rows(request: ProviderRequest, table: TableQuery) -> QuerySet[Organization]:
    """The open ones; of those closed, which a last bill may name, when they are asked for or have none."""
    return request.organizations() if table.chosen.get("id") else request.organizations().filter(closed_at=None)


def _table(request: ProviderRequest, asked: QueryDict) -> TableQuery:
    sized = asked.copy()
    sized.setdefault("size", IDS_A_PAGE)
    return TableQuery.from_request(
        sized,
        columns=COLUMNS,
        default="name",
        filters={"id": STATES},
        search=lambda rows, words: rows.matching(words, provider_id=request.administrator.provider_id),  # type: ignore[attr-defined]
    )
