"""Keys to the JSON API."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.actions.key_line import revoke_key
from accounts.console import OperatorAdmin, act_on_each
from accounts.models import ApiKey, Person


@admin.register(ApiKey)
class ApiKeyAdmin(OperatorAdmin[ApiKey]):
    """What is known of the keys; never the keys. A key that leaked is revoked here when the MSP can't, and one that needs more may ask more often."""

    noun = "api_key"
    list_display = ("__str__", "provider", "role", "created_at", "created_by_name", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("is_primary", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("provider",)
    search_fields = ("provider__name", "name", "lookup")
    ordering = ("-created_at",)
    readonly_fields = (
        *("provider", "name", "prefix", "role", "is_primary", "created_at", "created_by_name", "expires_at", "overlap_ends_at"),
        *("allowed_addresses", "last_used_at", "last_used_from", "last_used_by", "revoked_at", "revoked_by_name"),
    )
    fields = (*readonly_fields, "requests_per_minute")
    actions = ("revoke",)

    @admin.display(description=_("allowed addresses"))
    def allowed_addresses(self, key: ApiKey) -> str:
        """One after the other."""
        return ", ".join(key.allowed_from) or gettext("Anywhere")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Calls with these keys are refused from now on."""
        words = ngettext_lazy("%(number)d key is revoked.", "%(number)d keys are revoked.", "number")
        act_on_each(self, request, queryset.filter(revoked_at=None), _revoke, words)


def _revoke(key: ApiKey, *, by: Person, at: datetime) -> None:
    revoke_key(key=key, by=by, at=at)
