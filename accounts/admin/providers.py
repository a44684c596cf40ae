"""Providers and their client organizations."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import audit
from accounts.actions.organizations import FIELDS, edit_organization, one_open_organization_a_name
from accounts.console import OperatorAdmin, act_on_each
from accounts.forms.fields import UserCapField
from accounts.models import Organization, Person, Provider


class ProviderForm(forms.ModelForm[Provider]):
    """A provider as operators see it."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones())],
        initial="UTC",
        help_text=_("A changed zone takes effect from the next month."),
    )
    default_user_cap = UserCapField(
        label=_("Default cap of new organizations"), required=False, help_text=_("1 to 10,000; empty for none.")
    )

    class Meta:
        model = Provider
        fields = (
            *("name", "contact_name", "contact_email", "contact_phone", "time_zone", "default_user_cap"),
            *("account_manager_name", "account_manager_email", "account_manager_phone"),
        )


@admin.register(Provider)
class ProviderAdmin(OperatorAdmin[Provider]):
    """The MSPs. One that does not pay is suspended here: it sees and pays, but gets no new seats."""

    noun = "provider"
    form = ProviderForm
    list_display = ("name", "contact_email", "time_zone", "clients", "created_at", "suspended_at")
    list_filter = (("suspended_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "contact_email", "pk")
    ordering = ("name", "pk")
    readonly_fields = ("id", "created_at", "suspended_at", "organization_creation_disallowed_at")
    actions = ("suspend", "restore", "disallow_organization_creation", "allow_organization_creation")
    about = (
        (_("Contact shown to its clients"), {"fields": ("contact_name", "contact_email", "contact_phone")}),
        (_("Counting"), {"fields": ("time_zone", "default_user_cap")}),
        (_("Account manager"), {"fields": ("account_manager_name", "account_manager_email", "account_manager_phone")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """A new one has no dates yet."""
        head = ("name",) if obj is None else ("name", *self.readonly_fields)
        return ((None, {"fields": head}), *self.about)

    @admin.display(description=_("organizations"))
    def clients(self, provider: Provider) -> SafeString:
        """A link to them."""
        url = f"{reverse('admin:accounts_organization_changelist')}?{urlencode({'provider__id__exact': provider.pk})}"
        return format_html('<a href="{}">{}</a>', url, _("Show"))

    @admin.action(description=_("Suspend for non-payment"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        """No new seats from now on; everything else goes on."""
        words = ngettext_lazy("%(number)d provider is suspended.", "%(number)d providers are suspended.", "number")
        act_on_each(self, request, queryset.filter(suspended_at=None), _suspend, words)

    @admin.action(description=_("Lift the suspension"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        """New seats again."""
        words = ngettext_lazy("%(number)d provider is served again.", "%(number)d providers are served again.", "number")
        act_on_each(self, request, queryset.exclude(suspended_at=None), _restore, words)

    @admin.action(description=_("Disallow new organizations"))
    def disallow_organization_creation(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        """Neither page nor API makes one from now on; operators still can."""
        words = ngettext_lazy(
            "%(number)d provider may create no organizations.", "%(number)d providers may create no organizations.", "number"
        )
        act_on_each(self, request, queryset.filter(organization_creation_disallowed_at=None), _disallow_creation, words)

    @admin.action(description=_("Allow new organizations"))
    def allow_organization_creation(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        """The provider makes its own again."""
        words = ngettext_lazy(
            "%(number)d provider may create organizations.", "%(number)d providers may create organizations.", "number"
        )
        act_on_each(self, request, queryset.exclude(organization_creation_disallowed_at=None), _allow_creation, words)


class OrganizationForm(forms.ModelForm[Organization]):
    """A client organization; whose it is, is said once, when it is made."""

    of_provider = forms.ModelChoiceField(
        Provider.objects.all(),
        label=_("Provider"),
        required=False,
        widget=AutocompleteSelect(Organization._meta.get_field("provider"), admin.site),
    )

    class Meta:
        model = Organization
        fields = ("name", "external_id", "contact_name", "contact_email")

    def clean(self) -> dict[str, Any]:
        """A new one needs a provider.

        :raises forms.ValidationError: without one.
        """
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance._state.adding and not cleaned.get("of_provider"):
            self.add_error("of_provider", forms.ValidationError(_("This field is required."), code="required"))
        return cleaned


@admin.register(Organization)
class OrganizationAdmin(OperatorAdmin[Organization]):
    """The MSPs' clients. They are never deleted; the MSP closes them."""

    noun = "accounts.organization"
    form = OrganizationForm
    list_display = ("name", "provider", "external_id", "created_at", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("provider",)
    search_fields = ("name", "provider__name", "external_id", "pk")
    ordering = ("folded_name", "pk")
    readonly_fields = ("id", "provider", "created_at", "closed_at")

    def get_fieldsets(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        """The provider is chosen for a new one and only shown later."""
        head = ("of_provider", "name") if obj is None else ("name", "provider", "id", "created_at", "closed_at")
        return ((None, {"fields": (*head, "external_id")}), (_("Contact"), {"fields": ("contact_name", "contact_email")}))

    def create(self, obj: Organization, form: Any, *, by: Person, at: datetime) -> Organization:
        obj.provider = form.cleaned_data["of_provider"]
        with one_open_organization_a_name():
            obj.save(force_insert=True)
        audit.record(by, "accounts.organization.created", obj, at=at)
        return obj

    def change(self, obj: Organization, form: Any, *, by: Person, at: datetime) -> None:
        typed = {name: form.cleaned_data[name] for name in FIELDS}
        edit_organization(organization=obj, **typed, by=by, at=at)


def _suspend(provider: Provider, *, by: Person, at: datetime) -> None:
    provider.suspended_at = at
    _save(provider, "suspended_at", "provider.suspended", by, at)


def _restore(provider: Provider, *, by: Person, at: datetime) -> None:
    provider.suspended_at = None
    _save(provider, "suspended_at", "provider.restored", by, at)


def _disallow_creation(provider: Provider, *, by: Person, at: datetime) -> None:
    provider.organization_creation_disallowed_at = at
    _save(provider, "organization_creation_disallowed_at", "provider.organization_creation_disallowed", by, at)


def _allow_creation(provider: Provider, *, by: Person, at: datetime) -> None:
    provider.organization_creation_disallowed_at = None
    _save(provider, "organization_creation_disallowed_at", "provider.organization_creation_allowed", by, at)


def _save(provider: Provider, column: str, action: str, by: Person, at: datetime) -> None:
    provider.save(update_fields=[column])
    audit.record(by, action, provider, provider_id=provider.pk, at=at)
