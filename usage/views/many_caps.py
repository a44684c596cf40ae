"""Many user caps at once: chosen on the Usage page, shown as a plan, then confirmed."""

import re
from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.templatetags.portal import number
from usage.actions.many_caps import CapsChangedMeanwhile, set_many_caps
from usage.bounds import CAPS_AT_ONCE_MAX, CAPS_SHOWN_MAX
from usage.forms.many_caps import (
    ConfirmedForm,
    ManyCapsForm,
    ids_of,
    listed_as_text,
    listed_of,
    plan_as_text,
    too_many,
)
from usage.models import Seats
from usage.queries.cap_costs import WorstCase, filled, licensing_of
from usage.queries.cap_plans import CapPlan, CapRow, Operation, PlannedCap, plan_of, wanted_by
from usage.views.usage import follows, rows_of, table_of

PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")


@provider_door("GET", permission=Permission.EDIT_CAPS)
def to_the_usage_page(request: ProviderRequest) -> HttpResponse:
    """A plan has no address of its own: organizations are chosen on the Usage page."""
    return redirect_to(request, reverse("usage"))


@provider_door("POST", permission=Permission.EDIT_CAPS)
def preview(request: ProviderRequest) -> HttpResponse:
    """What the operation would do to the organizations chosen. Writes nothing."""
    listed = listed_of(request.POST.get("listed", ""))
    form = ManyCapsForm(request.POST, of_a_file=bool(listed) and request.POST.get("operation") == Operation.FILE)
    chosen = _chosen(request, listed, only_listed=form.of_a_file)
    if refusal := _refusal(chosen):
        form.add_error(None, refusal)
    if not form.is_valid():
        return shown_plan(request, form, chosen[:CAPS_AT_ONCE_MAX], None, listed, status=422)
    wanted = wanted_by(form.cleaned_data["operation"], form.cleaned_data["number"], listed)
    return shown_plan(request, form, chosen, plan_of(chosen, wanted), listed)


@provider_door("POST", permission=Permission.EDIT_CAPS)
def change(request: ProviderRequest) -> HttpResponse:
    """Do what was shown: all of it, or nothing when anything has changed since."""
    form = ConfirmedForm(request.POST)
    if carry_out(form, set_many_caps, rows=request.mine(Seats.objects.all()), by=request.administrator, at=request.at):
        done: int = form.result  # type: ignore[attr-defined]
        words = ngettext("%(shown)s user cap was changed.", "%(shown)s user caps were changed.", done)
        return redirect_to(request, reverse("usage"), words % {"shown": number(done)})
    refusal = getattr(form, "refusal", None)
    if isinstance(refusal, CapsChangedMeanwhile):
        return _conflict(request, form.cleaned_data["planned"], refusal)
    for sentence in form.non_field_errors():
        messages.error(request, str(sentence))
    return redirect_to(request, reverse("usage"))


def shown_plan(
    request: ProviderRequest,
    form: ManyCapsForm,
    chosen: Sequence[Seats],
    plan: CapPlan | None,
    listed: dict[str, int | None],
    status: int = 200,
) -> HttpResponse:
    """The page of a plan; without one it asks again what shall be done."""
    shown: dict[str, Any] = {
        "form": form,
        "chosen": len(chosen),
        "listed": listed_as_text((seats.pk for seats in chosen), listed if form.of_a_file else None),
        "is_file": form.of_a_file,
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": _("User caps")}],
    }
    if plan:
        shown |= {"plan": plan, "planned": plan_as_text(plan.planned), **_cut(request, plan), **_costs(request, plan)}
    return page(request, "usage/many_caps.html", shown, status=status)


def _chosen(request: ProviderRequest, listed: dict[str, int | None], *, only_listed: bool) -> list[Seats]:
    """One more than may be changed at once, if so many were chosen."""
    if request.POST.get("matching") and not only_listed:
        table = table_of(request, request.POST)
        rows = table.filtered(rows_of(request, table))
    else:
        ticked = [] if only_listed else ids_of([*request.POST.getlist("organization"), *request.POST.getlist("on_page")])
        ids = [*ticked, *listed]
        rows = request.mine(Seats.objects.as_of(request.at)).filter(pk__in=ids)
    return list(rows.order_by("folded_name", "pk")[: CAPS_AT_ONCE_MAX + 1])


def _refusal(chosen: Sequence[Seats]) -> str:
    if len(chosen) > CAPS_AT_ONCE_MAX:
        return too_many()
    return "" if chosen else _("Tick at least one organization, or all that match.")


def _cut(request: ProviderRequest, plan: CapPlan) -> dict[str, Any]:
    """The rows of the page asked for, and the numbers of all pages."""
    last = max(1, -(-len(plan.changing) // CAPS_SHOWN_MAX))
    asked = PAGE_NUMBER.fullmatch(request.POST.get("page", ""))
    current = min(int(asked[0]), last) if asked else 1
    rows: Sequence[CapRow] = plan.changing[(current - 1) * CAPS_SHOWN_MAX : current * CAPS_SHOWN_MAX]
    told = follows(request, (row.seats.pk for row in rows))
    for row in rows:
        row.seats.follows = told.get(row.seats.pk)  # type: ignore[attr-defined]  # beside the new cap
    return {"rows": rows, "pages": range(1, last + 1), "current": current, "staying": plan.staying[:CAPS_SHOWN_MAX]}


def _costs(request: ProviderRequest, plan: CapPlan) -> dict[str, Any]:
    """All caps together, for who may see licences and the whole provider."""
    place = request.administrator
    if place.is_limited or not place.may(Permission.SEE_LICENSES):
        return {}
    now = filled(request.mine(Seats.objects.as_of(request.at)))
    return {"worst": WorstCase(now, now.after(plan.changing), licensing_of(request.provider))}


def _conflict(request: ProviderRequest, planned: list[PlannedCap], refusal: CapsChangedMeanwhile) -> HttpResponse:
    """409: what is not as it was, and the way to a new plan."""
    operation, caps = request.POST.get("operation", ""), {plan.organization_id: plan.user_cap for plan in planned}
    shown = {
        "stale": [(plan, refusal.found.get(plan.organization_id)) for plan in refusal.stale[:CAPS_SHOWN_MAX]],
        "number_stale": len(refusal.stale),
        "number_planned": len(planned),
        "listed": listed_as_text(caps, caps if operation == Operation.FILE else None),
        "operation": operation,
        "number": request.POST.get("number", ""),
        "zone": request.provider.time_zone,
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": _("User caps")}],
    }
    return page(request, "usage/many_caps_conflict.html", shown, status=409)
