"""Mails about support cases, both ways. Call these inside the transaction of the turn that they tell of."""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.emails import portal_url
from accounts.models import SupportCase, SupportMessage
from msp_portal.lib import outbox


def confirm(case: SupportCase) -> None:
    """Tell the reporter the case's number and how soon support wants to answer."""
    outbox.mail(case.reporter_email, "case_submitted", _facts(case), provider_id=case.provider_id)


def tell_reporter(case: SupportCase, message: SupportMessage) -> None:
    """Send an operator's answer to the reporter, as long as he is an administrator here: who has left is written to no more."""
    if case.reporter is None or not case.reporter.is_active:
        return
    context = {**_facts(case), "author": message.author_name, "text": message.text, "status": case.get_status_display()}
    outbox.mail(case.reporter_email, "case_answered", context, provider_id=case.provider_id)


def tell_support(case: SupportCase, message: SupportMessage | None = None) -> None:
    """Tell the vendor's support of a new case, or of a turn of the MSP's in it; in the portal's language, not in the writer's."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            **_facts(case),
            "headline": _headline(case, message),
            "text": message.text if message else case.description,
            "provider_name": case.provider.name,
            "organization_name": case.organization.name if case.organization else "",
            "product": case.get_product_display(),
            "kind": case.get_kind_display(),
            "url": console_url(case),
        }
        outbox.mail(settings.SUPPORT_EMAIL, "case_for_support", context, provider_id=case.provider_id)


def console_url(case: SupportCase) -> str:
    """The case's page in the operators' console, whose addresses the portal's processes do not load; a test compares the two."""
    return f"{settings.OPERATOR_URL}/accounts/supportcase/{case.pk}/change/"


def _headline(case: SupportCase, message: SupportMessage | None) -> str:
    if message is None:
        return _("%(name)s submitted a case.") % {"name": case.reporter_name}
    words = _("%(name)s replied.") if message.text else _("%(name)s reopened the case.")
    return words % {"name": message.author_name}


def _facts(case: SupportCase) -> dict[str, Any]:
    return {
        "name": case.reporter_name,
        "number": case.number,
        "subject": case.subject,
        "severity": case.get_severity_display(),
        "response_time": case.response_time.label,
        "url": portal_url("case", case.pk),
    }
