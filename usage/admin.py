"""The operators' door to users, devices and their counts. The gate is the same as everyone's; the counts can only be looked at."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.console import OperatorAdmin, ReadOnlyAdmin, act_on_each
from accounts.models import Person
from usage.actions.caps import set_user_cap
from usage.actions.devices import add_device, edit_device, remove_device
from usage.actions.users import add_user, edit_user, reactivate_user, remove_user, suspend_user
from usage.forms.caps import UserCapField
from usage.models import CapChange, ClosedMonth, CountDifference, Device, LicenseTotal, Licensing, SeatEvent, Seats, User


class OfAnOrganization(OperatorAdmin[Any]):
    """Rows that an organization has: it is chosen for a new one and only shown later, as nothing moves by a form."""

    list_select_related = ("organization", "provider")
    ordering = ("folded_name", "pk")
    autocomplete_fields = ("organization",)
    typed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("organization", *self.typed) if obj is None else ("organization", "provider", *self.typed, *self.kept)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("organization", "provider", *self.kept)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def typed_values(self, form: Any) -> dict[str, Any]:
        """What the form holds, as the actions name it."""
        return {name: form.cleaned_data[name] for name in self.typed}


@admin.register(User)
class UserAdmin(OfAnOrganization):
    """Directory users over all providers. Adding one at the cap is refused with the gate's words."""

    noun = "usage.user"
    list_display = ("name", "user_name", "organization", "provider", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("user_name", "email", "last_name", "first_name", "pk")
    typed = ("first_name", "last_name", "user_name", "email")
    kept = ("state", "suspended_at", "created_at", "id")
    actions = ("suspend", "reactivate")

    def create(self, obj: User, form: Any, *, by: Person, at: datetime) -> User:
        return add_user(organization=obj.organization, **self.typed_values(form), by=by, at=at)

    def change(self, obj: User, form: Any, *, by: Person, at: datetime) -> None:
        edit_user(user=User.objects.lock().get(pk=obj.pk), **self.typed_values(form), by=by, at=at)

    def remove(self, obj: User, *, by: Person, at: datetime) -> None:
        remove_user(user=obj, by=by, at=at)

    @admin.action(description=_("Suspend"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Suspended users keep their seats."""
        words = ngettext_lazy("%(number)d user is suspended.", "%(number)d users are suspended.", "number")
        act_on_each(self, request, queryset.exclude(state=User.State.SUSPENDED), _suspend, words)

    @admin.action(description=_("Reactivate"))
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Works at a full house, too."""
        words = ngettext_lazy("%(number)d user is active again.", "%(number)d users are active again.", "number")
        act_on_each(self, request, queryset.filter(state=User.State.SUSPENDED), _reactivate, words)


@admin.register(Device)
class DeviceAdmin(OfAnOrganization):
    """Devices over all providers."""

    noun = "usage.device"
    list_display = ("name", "operating_system", "serial_number", "organization", "provider", "created_at")
    search_fields = ("name", "serial_number", "pk")
    typed = ("name", "operating_system", "serial_number")
    kept = ("created_at", "id")

    def create(self, obj: Device, form: Any, *, by: Person, at: datetime) -> Device:
        return add_device(organization=obj.organization, **self.typed_values(form), by=by, at=at)

    def change(self, obj: Device, form: Any, *, by: Person, at: datetime) -> None:
        edit_device(device=Device.objects.lock().get(pk=obj.pk), **self.typed_values(form), by=by, at=at)

    def remove(self, obj: Device, *, by: Person, at: datetime) -> None:
        remove_device(device=obj, by=by, at=at)


class SeatsForm(forms.ModelForm[Seats]):
    """The one thing that can be set."""

    user_cap = UserCapField(label=_("User Cap"), required=False, help_text=_("1 to 10,000; empty for none."))

    class Meta:
        model = Seats
        fields = ("user_cap",)


@admin.register(Seats)
class SeatsAdmin(OperatorAdmin[Seats]):
    """The counters of each organization. The gate writes them; only the cap can be set."""

    noun = "usage.cap"
    form = SeatsForm
    list_display = ("organization", "provider", "users", "user_cap", "devices", "month", "users_mark", "last_users_mark")
    list_filter = (("user_cap", admin.EmptyFieldListFilter),)
    list_select_related = ("organization", "provider")
    search_fields = ("organization__name", "provider__name", "organization__pk")
    ordering = ("organization__folded_name", "pk")
    readonly_fields = (
        *(
            "organization",
            "provider",
            "users",
            "devices",
            "cap_changed_at",
            "cap_changed_by",
            "changed_at",
            "month",
            "month_ends_at",
        ),
        *("users_carried", "users_mark", "users_mark_at", "last_users_mark"),
        *("devices_carried", "devices_mark", "devices_mark_at", "last_devices_mark"),
    )
    fieldsets = (
        (None, {"fields": ("organization", "provider", "users", "devices", "changed_at")}),
        (_("User cap"), {"fields": ("user_cap", "cap_changed_at", "cap_changed_by")}),
        (
            _("This month"),
            {"fields": ("month", "month_ends_at", "users_carried", "users_mark", "users_mark_at", "last_users_mark")},
        ),
        (_("Devices this month"), {"fields": ("devices_carried", "devices_mark", "devices_mark_at", "last_devices_mark")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The database makes the row with its organization."""
        return False

    def change(self, obj: Seats, form: Any, *, by: Person, at: datetime) -> None:
        set_user_cap(organization=obj.organization, user_cap=form.cleaned_data["user_cap"], by=by, at=at)


@admin.register(CapChange)
class CapChangeAdmin(ReadOnlyAdmin[CapChange]):
    """Caps with dates: what is planned, what stands for a time, and what became of each."""

    list_display = ("organization", "provider", "user_cap", "begins_at", "ends_at", "former_cap", "outcome", "planned_by")
    list_filter = ("outcome",)
    list_select_related = ("organization", "provider")
    search_fields = ("organization__name", "provider__name", "planned_by")
    ordering = ("-planned_at", "pk")


@admin.register(SeatEvent)
class SeatEventAdmin(ReadOnlyAdmin[SeatEvent]):
    """The seat ledger: who came, who went, and what the count was then."""

    list_display = ("at", "organization", "provider", "kind", "delta", "count_after", "subject_name", "by")
    list_filter = ("kind",)
    list_select_related = ("organization", "provider")
    search_fields = ("organization__name", "provider__name", "subject_name", "subject_id")
    ordering = ("-id",)


@admin.register(ClosedMonth)
class ClosedMonthAdmin(ReadOnlyAdmin[ClosedMonth]):
    """The marks of past months, as they were when the month closed."""

    list_display = ("month", "organization", "provider", "users_carried", "users_mark", "users_mark_at", "devices_mark")
    list_select_related = ("organization", "provider")
    search_fields = ("organization__name", "provider__name")
    date_hierarchy = "month"
    ordering = ("-month", "pk")


@admin.register(CountDifference)
class CountDifferenceAdmin(ReadOnlyAdmin[CountDifference]):
    """Alarms of the hourly self-check: a counter that a recount of the rows does not confirm."""

    list_display = (
        "found_at",
        "organization",
        "provider",
        "users_counter",
        "users_counted",
        "devices_counter",
        "devices_counted",
    )
    list_select_related = ("organization", "provider")
    search_fields = ("organization__name", "provider__name")
    ordering = ("-found_at", "pk")


@admin.register(LicenseTotal)
class LicenseTotalAdmin(ReadOnlyAdmin[LicenseTotal]):
    """What the hourly job counted."""

    list_display = ("slot", "provider", "consumed", "committed", "devices", "organizations", "sum_of_marks", "counted_at")
    list_select_related = ("provider",)
    search_fields = ("provider__name",)
    ordering = ("-slot", "pk")


@admin.register(Licensing)
class LicensingAdmin(ReadOnlyAdmin[Licensing]):
    """What the contract in force says, as copied down from it. Changed by changing the contract."""

    list_display = ("provider", "package_name", "committed", "unit_price", "overage_price", "currency", "contract_ends_on")
    list_select_related = ("provider",)
    search_fields = ("provider__name",)
    ordering = ("provider__name",)


def _suspend(user: User, *, by: Person, at: datetime) -> None:
    suspend_user(user=user, by=by, at=at)


def _reactivate(user: User, *, by: Person, at: datetime) -> None:
    reactivate_user(user=user, by=by, at=at)
