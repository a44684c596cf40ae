"""The badge of a case's status: colour repeats what the word says, and stands out only where it is the reader's turn."""

from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.case_choices import CaseStatus
from accounts.models import SupportCase, SupportMessage

register = template.Library()

KINDS: Final[dict[str, str]] = {
    CaseStatus.NEW: "accent",
    CaseStatus.IN_PROGRESS: "accent",
    CaseStatus.ANSWERED: "near",
    CaseStatus.SOLVED: "ok",
    CaseStatus.CLOSED: "neutral",
}


@register.filter
def status_badge(row: SupportCase | SupportMessage) -> SafeString:
    """How the case stands, or stood after that message."""
    return format_html('<span class="tag tag-{}">{}</span>', KINDS[row.status], row.get_status_display())
