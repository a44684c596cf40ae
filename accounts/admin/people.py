"""Persons, the places they have, and operators."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actions import invitation
from accounts.console import OperatorAdmin, ReadOnlyAdmin, act_on_each
from accounts.models import Administrator, Operator, Person, Provider
from accounts.roles import MSP_ROLES, Role


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin[Person]):
    """People who sign in. A suspended one is out at the next request, at every place."""

    noun = "person"
    list_display = ("email", "name", "joined_at", "last_login", "suspended_at")
    list_filter = (("suspended_at", admin.EmptyFieldListFilter),)
    search_fields = ("email", "first_name", "last_name", "pk")
    ordering = ("email",)
    fields = readonly_fields = ("email", "first_name", "last_name", "id", "joined_at", "last_login", "suspended_at")
    actions = ("suspend", "restore")

    @admin.action(description=_("Suspend"), permissions=["view"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        """Shut the person out everywhere; nobody shuts himself out."""
        words = ngettext_lazy("%(number)d person is suspended.", "%(number)d persons are suspended.", "number")
        act_on_each(self, request, queryset.filter(suspended_at=None).exclude(pk=request.user.pk), _suspend, words)

    @admin.action(description=_("Lift the suspension"), permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        """Let the person in again."""
        words = ngettext_lazy("%(number)d person may sign in again.", "%(number)d persons may sign in again.", "number")
        act_on_each(self, request, queryset.exclude(suspended_at=None), _restore, words)


@admin.register(Operator)
class OperatorsAdmin(OperatorAdmin[Operator]):
    """Who may use this console. A person becomes an operator here, and ceases to be one; nobody removes himself."""

    noun = "operator"
    list_display = ("person", "since")
    list_select_related = ("person",)
    search_fields = ("person__email", "person__first_name", "person__last_name")
    autocomplete_fields = ("person",)
    readonly_fields = ("since",)
    fields = ("person", "since")

    def has_change_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """All but one's own row."""
        return self.has_view_permission(request) and (obj is None or obj.pk != request.user.pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Who chose himself in the list is told that he can't."""
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        own = [str(operator) for operator in objs if operator.pk == request.user.pk]
        return deleted, counts, needed, [*protected, *own]


class AdministratorForm(forms.ModelForm[Administrator]):
    """Whom to invite to which provider."""

    of_provider = forms.ModelChoiceField(
        Provider.objects.all(),
        label=_("Provider"),
        widget=AutocompleteSelect(Administrator._meta.get_field("provider"), admin.site),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in MSP_ROLES], initial=Role.ADMINISTRATOR_WITH_BILLING
    )

    class Meta:
        model = Administrator
        fields = ("email", "first_name", "last_name", "role")


@admin.register(Administrator)
class AdministratorAdmin(OperatorAdmin[Administrator]):
    """Places at providers. Operators invite the first administrator of a new provider; from then on the MSP sees to its own."""

    noun = "administrator"
    form = AdministratorForm
    list_display = ("name", "email", "role", "provider", "organization", "standing")
    list_filter = ("role", ("joined_at", admin.EmptyFieldListFilter), ("suspended_at", admin.EmptyFieldListFilter))
    list_select_related = ("provider", "organization")
    search_fields = ("email", "last_name", "first_name", "provider__name", "pk")
    ordering = ("provider__name", "email")
    actions = ("invite_again",)

    @admin.display(description=_("state"))
    def standing(self, administrator: Administrator) -> str:
        """In one word."""
        if administrator.suspended_at:
            return gettext("Suspended")
        return gettext("Active") if administrator.joined_at else gettext("Invited")

    def get_fieldsets(self, request: HttpRequest, obj: Administrator | None = None) -> Any:
        """Typed for a new one, only shown later."""
        if obj is None:
            return ((None, {"fields": ("of_provider", "email", "first_name", "last_name", "role")}),)
        names = ("provider", "organization", "email", "first_name", "last_name", "role", "limited_at", "api_access_at")
        return ((None, {"fields": (*names, "invited_at", "joined_at", "suspended_at", "id")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Administrator | None = None) -> Any:
        return () if obj is None else tuple(self.get_fieldsets(request, obj)[0][1]["fields"])

    def has_change_permission(self, request: HttpRequest, obj: Administrator | None = None) -> bool:
        return False

    def create(self, obj: Administrator, form: Any, *, by: Person, at: datetime) -> Administrator:
        """Make the place and send the invitation in the same transaction."""
        obj.provider = form.cleaned_data["of_provider"]
        obj.save(force_insert=True)
        audit.record(by, "administrator.invited", obj, at=at, role=obj.role)
        invitation.send(obj, at=at)
        return obj

    @admin.action(description=_("Send the invitation again"), permissions=["view"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[Administrator]) -> None:
        """The links sent before cease to work."""
        words = ngettext_lazy("%(number)d invitation was sent.", "%(number)d invitations were sent.", "number")
        waiting = queryset.filter(joined_at=None, suspended_at=None).select_related("provider", "organization")
        act_on_each(self, request, waiting, _invite_again, words)


def _suspend(person: Person, *, by: Person, at: datetime) -> None:
    person.suspended_at = at
    person.save(update_fields=["suspended_at"])
    audit.record(by, "person.suspended", person, at=at)


def _restore(person: Person, *, by: Person, at: datetime) -> None:
    person.suspended_at = None
    person.save(update_fields=["suspended_at"])
    audit.record(by, "person.restored", person, at=at)


def _invite_again(administrator: Administrator, *, by: Person, at: datetime) -> None:
    audit.record(by, "administrator.invited", administrator, at=at, role=administrator.role, again=True)
    invitation.send(administrator, at=at)
