"""The tabs of Account Management: each page draws the same ones, and a tab stands only where it may be opened."""

from typing import Any, Final

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission

register = template.Library()

TABS: Final = [
    ("account", _("Account Overview"), Permission.SEE_ACCOUNT),
    ("payments", _("Payment History"), Permission.SEE_INVOICES),
    ("billing", _("Billing Information"), Permission.SEE_INVOICES),
    ("usage", _("Usage"), Permission.SEE_USAGE),
]


@register.inclusion_tag("components/tabs.html", takes_context=True)
def account_tabs(context: Context) -> dict[str, Any]:
    """The tabs this administrator may open; the one whose page (or a page below it) is shown is the current one."""
    request: HttpRequest = context["request"]
    place = request.administrator  # type: ignore[attr-defined]  # set by every tenant's door
    shown = [(label, reverse(name)) for name, label, permission in TABS if place.may(permission)]
    current = max((url for _label, url in shown if request.path.startswith(url)), key=len, default="")
    return {
        "label": _("Account Management"),
        "tabs": [{"label": label, "url": url, "current": url == current} for label, url in shown],
    }
