"""Pay now: choose, confirm, and follow what becomes of it. Nothing here calls the payment provider: the worker does."""

from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.actions.paying import pay as pay_invoices
from billing.bounds import BANK_WORKING_DAYS, MOST_PAID_AT_ONCE
from billing.days import today
from billing.declines import words_of
from billing.dunning import working_days_after
from billing.forms.pay import PayForm
from billing.hosted import may_confirm_at
from billing.models import Charge, ChargeState
from billing.paying import Choice, Payable, chosen_of, payable_by
from msp_portal.lib.acts import carry_out
from msp_portal.lib.ids import is_public_id
from msp_portal.lib.page import page, redirect_to

BEING_SENT: Final = {ChargeState.INTENDED, ChargeState.UNKNOWN}
FOLLOWED: Final = BEING_SENT | {ChargeState.REQUIRES_ACTION}
JOINED_BY: Final = "-"


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING, fresh=True)
def pay(request: ProviderRequest) -> HttpResponse:
    """`/account/payments/pay/`: what is open, the sum, and after a yes a charge of each invoice chosen."""
    payable = payable_by(request.provider, today(request))
    if request.method != "POST":
        return _offer(request, payable, _asked_for(request, payable))
    wanted = request.POST.getlist("invoices")
    if again := _charges_under_way(payable, wanted):
        return _follow(request, again)
    form = PayForm(request.POST, payable=payable)
    if carry_out(form, pay_invoices, by=request.administrator, at=request.at):
        return _follow(request, form.result)  # type: ignore[attr-defined]  # by `carry_out`
    left = payable_by(request.provider, today(request))
    return _offer(request, left, chosen_of(left, wanted, request.POST.get("method", "")), form)


@provider_door("GET", permission=Permission.SEE_INVOICES)
def progress(request: ProviderRequest, charge_ids: str) -> HttpResponse:
    """`/account/payments/pay/<charges>/`: where each charge stands; the page asks again by itself while it has not been answered."""
    ids = charge_ids.split(JOINED_BY)
    if len(ids) > MOST_PAID_AT_ONCE or not all(map(is_public_id, ids)):
        raise Http404
    charges = list(
        Charge.objects.filter(provider=request.provider, pk__in=ids).select_related("invoice", "method").order_by("pk")
    )
    if len(charges) != len(set(ids)):
        raise Http404
    shown = {
        "charges": [_shown(charge) for charge in charges],
        "is_followed": any(charge.state in FOLLOWED for charge in charges),
        "may_pay": request.administrator.may(Permission.EDIT_BILLING),
        "trail": [*_trail(), {"label": _("Payment")}],
    }
    return page(request, "billing/progress.html", shown, fragment="payment-progress")


def _offer(request: ProviderRequest, payable: Payable, choice: Choice, form: PayForm | None = None) -> HttpResponse:
    shown = {
        "payable": payable,
        "choice": choice,
        "form": form,
        "trail": [*_trail(), {"label": _("Pay now")}],
    }
    return page(request, "billing/pay.html", shown, fragment="pay-confirm", status=422 if form else 200)


def _asked_for(request: ProviderRequest, payable: Payable) -> Choice:
    """All that is open, the one invoice that a link named, or what was ticked on the page."""
    named = request.GET.getlist("invoice")
    method, declined = request.GET.get("method", ""), request.GET.get("instead_of", "")
    return chosen_of(payable, named if named or "ticked" in request.GET else None, method, instead_of=declined)


def _charges_under_way(payable: Payable, wanted: list[str]) -> list[Charge]:
    """The charges of the invoices wanted if each has one: the same form was sent twice."""
    found = [charge for charge in payable.busy if charge.invoice_id in wanted]
    return found if wanted and len(found) == len(set(wanted)) else []


def _follow(request: ProviderRequest, charges: list[Charge]) -> HttpResponse:
    return redirect_to(request, reverse("payment-progress", args=[JOINED_BY.join(charge.pk for charge in charges)]))


def _shown(charge: Charge) -> dict[str, object]:
    """The charge with what a reader has to know of its state."""
    return {
        "charge": charge,
        "is_being_sent": charge.state in BEING_SENT,
        "until": working_days_after(charge.intended_at.date(), BANK_WORKING_DAYS),
        "action_url": charge.action_url if may_confirm_at(charge.action_url) else "",
        "because": words_of(charge.decline_code),
    }


def _trail() -> list[dict[str, str]]:
    return [{"label": _("Payment History"), "url": reverse("payments")}]
