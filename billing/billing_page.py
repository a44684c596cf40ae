"""What the Billing Information tab shows; the doors to its parts draw it again after each act."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest
from accounts.roles import Permission
from billing import psp
from billing.days import today
from billing.models import BillingInformation, PaymentMethod
from billing.outlook import outlook_of
from billing.plans import account_of
from billing.queries import currency_of, open_account


@dataclass(frozen=True)
class MethodRow:
    """A payment method as it is listed: whether its card runs out, and where its place lets it move."""

    method: PaymentMethod
    is_expired: bool
    expires_soon: bool
    may_rise: bool
    may_sink: bool


def billing_page(request: ProviderRequest) -> dict[str, Any]:
    """The context of `billing/billing.html`."""
    day = today(request)
    account, currency = open_account(request.provider, request.at), currency_of(request.provider, day)
    return {
        "information": BillingInformation.objects.filter(provider=request.provider).first(),
        "methods": method_rows(list(request.provider.paymentmethods.all().on_file()), day),
        "takes_methods": psp.is_configured(),
        "takes_bank_accounts": psp.takes_bank_accounts(currency),
        "account": account,
        "autopay": account_of(request.provider),
        "currency": currency,
        "outlook": partial(outlook_of, request.provider, account, day),  # only the whole page asks for it
        "provider": request.provider,
        "may_edit": request.administrator.may(Permission.EDIT_BILLING),
        "new_default": request.GET.get("default"),
    }


def method_rows(methods: list[PaymentMethod], day: date) -> list[MethodRow]:
    """The default, which moves nowhere, and the backups, which change places among themselves."""
    return [
        MethodRow(
            method,
            is_expired=method.is_expired(day),
            expires_soon=method.expires_soon(day),
            may_rise=place > 2,
            may_sink=1 < place < len(methods),
        )
        for place, method in enumerate(methods, start=1)
    ]


def trail_to(label: str) -> list[dict[str, str]]:
    """The breadcrumb of a page under the Billing Information tab."""
    return [{"label": _("Billing Information"), "url": reverse("billing")}, {"label": label}]
