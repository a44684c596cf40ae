"""What the pages of the operators' console have in common. Each app's `admin.py` builds on it.

An operator's act goes through the same actions as everyone's: the database's rules hold, a refusal comes back as words at the form, the
audit log and the seat ledger name the operator. The runtime roles may change few columns, so a row is never saved as a whole.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.doors import address_of
from accounts.models import AuditEvent, Organization, Person
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.rules import Busy, RuleBroken

M = TypeVar("M", bound=models.Model)


class AlreadyThere(RuleBroken):
    """A rule of the database that the form could not see, such as a name that is taken in the same organization."""

    message = _("The database refused this: another row has the same name or number, or one of the two does not fit the other.")
    code = "already_there"


class ConsoleRequest(HttpRequest):
    """A request by an operator. `refusal` is what a rule answered to the first try of the form."""

    user: Person
    refusal: RuleBroken | None


class OperatorAdmin(admin.ModelAdmin[M]):
    """Pages of one model. `noun` is what the audit log calls a row; `create` and `change` do the work and write the log."""

    noun = ""
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False  # the portal has other addresses, and shows them to its own people

    def create(self, obj: M, form: forms.ModelForm[M], *, by: Person, at: datetime) -> M:
        """Insert the row that the form made, or have an action insert it; what stands in the database then."""
        obj.save(force_insert=True)
        audit.record(by, f"{self.noun}.added", obj, at=at)
        return obj

    def change(self, obj: M, form: forms.ModelForm[M], *, by: Person, at: datetime) -> None:
        """Write what was changed, and nothing else of the row."""
        columns = [name for name in form.changed_data if name in {field.name for field in obj._meta.fields}]
        if columns:
            obj.save(update_fields=columns)
            changes = {name: [form.initial.get(name), form.cleaned_data.get(name)] for name in columns}
            audit.record(by, f"{self.noun}.changed", obj, at=at, changes=changes)

    def remove(self, obj: M, *, by: Person, at: datetime) -> None:
        """Delete the row, where the console offers it."""
        audit.record(by, f"{self.noun}.removed", obj, at=at)
        obj.delete()

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Django's hook for saving: our own action, in the operator's name."""
        by, at = operator_of(request), datetime.now(UTC)
        if change:
            self.change(obj, form, by=by, at=at)
            return
        made = self.create(obj, form, by=by, at=at)
        if made is not obj:
            obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        self.remove(obj, by=operator_of(request), at=datetime.now(UTC))

    def delete_queryset(self, request: HttpRequest, queryset: "models.QuerySet[M]") -> None:
        with transaction.atomic():
            by, at = operator_of(request), datetime.now(UTC)
            for obj in queryset:
                self.remove(obj, by=by, at=at)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The form. When a rule refuses what it asks for, all is rolled back and the form comes again with the words in it."""
        ours = cast(ConsoleRequest, request)
        ours.refusal = None
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RuleBroken as rule:
            ours.refusal = rule
        except IntegrityError:
            ours.refusal = AlreadyThere()
        except OperationalError as fault:
            if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
                raise
            ours.refusal = Busy()
        note_refusal(ours, ours.refusal)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, called by what it holds."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_form(self, request: HttpRequest, obj: M | None = None, change: bool = False, **options: Any) -> Any:
        """The form's class; after a refusal one that says it."""
        form = super().get_form(request, obj, change, **options)
        rule = getattr(request, "refusal", None)
        return form if rule is None else refusing(form, rule)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is deleted here, except where a page says so."""
        return False


class ReadOnlyAdmin(OperatorAdmin[M]):
    """Pages to look at only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


def operator_of(request: HttpRequest) -> Person:
    """Who acts. From here to the end of the transaction the seat ledger knows the name, too."""
    person = cast(Person, request.user)
    audit.address.set(address_of(request))
    with connection.cursor() as cursor:
        cursor.execute("select set_config('portal.actor', %s, true)", [person.name])
    return person


def act_on_each(
    admin_page: OperatorAdmin[M], request: HttpRequest, rows: Iterable[M], act: Any, done: Any
) -> HttpResponse | None:
    """Run an action of a list on each row chosen, in one transaction: all or none. `done` words what was done, with `%(number)d`."""
    try:
        with transaction.atomic():
            by, at = operator_of(request), datetime.now(UTC)
            done_to = list(rows)
            for row in done_to:
                act(row, by=by, at=at)
                admin_page.log_change(request, row, request.POST.get("action", ""))
    except RuleBroken as rule:
        note_refusal(cast(ConsoleRequest, request), rule)
        admin_page.message_user(request, str(rule), level="ERROR")
        return None
    admin_page.message_user(request, done % {"number": len(done_to)}, level="SUCCESS")
    return None


def note_refusal(request: ConsoleRequest, rule: RuleBroken) -> None:
    """A line in the audit log, after the rollback, at the provider whose row it was."""
    details: dict[str, Any] = {name: value for name, value in rule.details.items() if name != "organization_id"}
    organization_id = cast("str | None", rule.details.get("organization_id"))
    provider_id = Organization.objects.filter(pk=organization_id).values_list("provider_id", flat=True).first()
    audit.record(
        request.user,
        f"refused.{rule.code}",
        provider_id=provider_id,
        organization_id=organization_id,
        outcome=AuditEvent.Outcome.REFUSED,
        at=datetime.now(UTC),
        message=str(rule),
        **details,
    )


def refusing(form: Any, rule: RuleBroken) -> Any:
    """`form` with the words of `rule` at the field they concern, so that it is drawn again with what was typed."""

    class Refused(form):
        def clean(self) -> dict[str, Any]:
            cleaned: dict[str, Any] = super().clean()
            self.add_error(rule.field if rule.field in self.fields else None, str(rule))
            return cleaned

    return Refused
