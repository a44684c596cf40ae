"""The audit log. It is read here as everywhere: rows are only ever added, by the acts themselves."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.console import ReadOnlyAdmin
from accounts.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    """Who did what to what, over all providers, newest first."""

    list_display = ("at", "provider", "actor_name", "actor_kind", "action", "result", "target_name")
    list_filter = ("outcome", "actor_kind")
    list_select_related = ("provider",)
    search_fields = ("action", "actor_name", "target_name", "target_id", "provider__name")
    date_hierarchy = "at"
    ordering = ("-id",)
    fields = readonly_fields = (
        *("at", "provider", "organization", "action", "result", "actor_kind", "actor_name", "actor_id"),
        *("target_kind", "target_name", "target_id", "address", "told"),
    )

    @admin.display(description=_("outcome"), ordering="outcome")
    def result(self, event: AuditEvent) -> SafeString:
        """In words; a refusal stands out."""
        return format_html('<span class="outcome outcome-{}">{}</span>', event.outcome, event.get_outcome_display())

    @admin.display(description=_("details"))
    def told(self, event: AuditEvent) -> SafeString:
        """What the act noted, as it was noted."""
        return format_html('<pre class="told">{}</pre>', json.dumps(event.details, indent=2, ensure_ascii=False))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("organization")
