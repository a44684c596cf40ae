"""The MSP's support cases: the list, its CSV, and a new one."""

from collections.abc import Sequence
from typing import Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions.cases import submit_case
from accounts.case_choices import CaseStatus
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.cases import CaseForm
from accounts.listings import Listing, provider_csv
from accounts.models import SupportCase
from accounts.models.support_case import SupportCaseQuerySet
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "number": "number",
    "subject": "subject",
    "product": ("product", "changed_at"),
    "severity": ("severity", "changed_at"),
    "status": ("status", "changed_at"),
    "organization": ("organization__folded_name", "changed_at"),
    "changed": "changed_at",
}


@provider_door("GET", permission=Permission.SEE_CASES)
def cases(request: ProviderRequest) -> HttpResponse:
    """`/help/cases/`: the one that changed last comes first."""
    table = _table(request)
    shown = {
        "table": table,
        "page": table.page(reached_cases(request)),
        "zone": request.provider.time_zone,
        "may_submit": request.administrator.may(Permission.SUBMIT_CASES),
        "trail": [{"label": _("Help"), "url": reverse("help")}, {"label": _("Cases")}],
    }
    return page(request, "cases/cases.html", shown, fragment="cases-list")


@provider_csv(permission=Permission.SEE_CASES)
def cases_csv(request: ProviderRequest) -> Listing:
    """Exactly the rows that the page's search and filters match, in its order."""
    header = [_("Number"), _("Subject"), _("Status"), _("Severity"), _("Kind"), _("Product"), _("Operating system")]
    header += [_("Organization"), _("Organization ID"), _("Reporter"), _("Reporter's e-mail"), _("Submitted"), _("Last change")]
    return Listing("cases.csv", header, _table(request).filtered(reached_cases(request)), _cells)


@provider_door("GET", permission=Permission.SUBMIT_CASES)
def new(request: ProviderRequest) -> HttpResponse:
    """`/help/cases/new/`: the form, in a dialog or as a page; a link may name the organization it is about."""
    initial = {"organization": request.GET.get("organization")}
    return _form(request, CaseForm(initial=initial, organizations=request.organizations().open().by_name()))  # type: ignore[attr-defined]


@provider_door("POST", permission=Permission.SUBMIT_CASES)
def submit(request: ProviderRequest) -> HttpResponse:
    form = CaseForm(request.POST, organizations=request.organizations().open().by_name())  # type: ignore[attr-defined]
    if carry_out(form, submit_case, by=request.administrator, at=request.at):
        said = _("Your case %(number)s is with support.") % {"number": form.result.number}
        return redirect_to(request, form.result.get_absolute_url(), said)
    return _form(request, form, status=422)


def reached_cases(request: ProviderRequest) -> SupportCaseQuerySet:
    """Those of the organizations that this administrator reaches, and those that he submitted himself."""
    me = request.administrator
    own = SupportCase.objects.filter(provider_id=me.provider_id, reporter_id=me.pk)
    return (request.mine(SupportCase.objects.all()) | own).listed()  # type: ignore[attr-defined,no-any-return]


def _form(request: ProviderRequest, form: CaseForm, status: int = 200) -> HttpResponse:
    trail = [
        {"label": _("Help"), "url": reverse("help")},
        {"label": _("Cases"), "url": reverse("cases")},
        {"label": _("Submit a Case")},
    ]
    return page(request, "cases/new.html", {"form": form, "trail": trail}, fragment="new-case", status=status)


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(
        request.GET,
        columns=COLUMNS,
        default="-changed",
        search=lambda rows, words: rows.matching(words),  # type: ignore[attr-defined]
        filters={"status": {status.name.lower(): _standing(status) for status in CaseStatus}},
    )


def _standing(status: CaseStatus) -> Choice:
    return Choice(status.label, lambda rows: rows.filter(status=status))


def _cells(case: SupportCase) -> Sequence[object]:
    client = case.organization
    return (
        *(case.number, case.subject, case.get_status_display(), case.get_severity_display(), case.get_kind_display()),
        *(case.get_product_display(), case.operating_system, client and client.name, client and client.pk),
        *(case.reporter_name, case.reporter_email, case.submitted_at, case.changed_at),
    )
