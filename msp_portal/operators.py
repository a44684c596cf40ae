"""The operators' console: Django's admin on an address, a port, cookies and a database login of its own. Operators only."""

from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actions.password import change as change_password
from accounts.actions.second_factor import has_second_factor
from accounts.actions.sign_in import WrongPassword, accept_code, person_with
from accounts.doors import address_of
from accounts.models import Administrator, AuditEvent, Organization, Person, Provider, SupportCase
from billing.models import Contract, Invoice, Payment
from msp_portal.lib.models import MailboxMessage, OutboxMessage
from msp_portal.lib.rules import RuleBroken
from usage.models import CountDifference, Device, Seats, User

MOST_USED: Final[list[type[Model]]] = [
    *(
        Provider,
        Organization,
        User,
        Device,
        Seats,
        Contract,
        Invoice,
        Payment,
        Administrator,
        SupportCase,
        AuditEvent,
        OutboxMessage,
        MailboxMessage,
    )
]


class OperatorSignInForm(AdminAuthenticationForm):
    """E-mail, password and, for who has set one up, the code of a second factor. Tries are counted as at the portal's door."""

    # The same words for a wrong password and for a person who is no operator.
    error_messages = {**AdminAuthenticationForm.error_messages, "invalid_login": WrongPassword.message}  # noqa: RUF012 - Django's own
    code = forms.CharField(
        label=_("Code of your authenticator app"),
        required=False,
        max_length=32,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        """The person who may come in is `get_user()` then; every refusal is worded at the form."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password and self.request:
            try:
                self.user_cache = self._person(email, password, self.request)
            except RuleBroken as rule:
                raise forms.ValidationError(str(rule), code=rule.code) from rule
        return self.cleaned_data

    def _person(self, email: str, password: str, request: HttpRequest) -> Person:
        at = datetime.now(UTC)
        person = person_with(email=email, password=password, request=request, at=at)
        self.confirm_login_allowed(person)
        if has_second_factor(person):
            accept_code(code=self.cleaned_data.get("code") or "", person=person, at=at)
        audit.record(person, "operator.signed_in", at=at)
        return person


class OperatorPasswordForm(AdminPasswordChangeForm):
    """The present password and a new one, twice. Changed as in the portal: tries are counted, other sessions end, a mail tells."""

    def clean_old_password(self) -> str:
        """As typed; the action looks at it, once all else is right."""
        typed: str = self.cleaned_data["old_password"]
        return typed

    def clean(self) -> dict[str, Any]:
        """Change the password, when nothing else is wrong with the form."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                change_password(
                    current_password=cleaned["old_password"],
                    new_password=cleaned["new_password1"],
                    person=self.user,
                    at=datetime.now(UTC),
                )
            except RuleBroken as rule:
                self.add_error("old_password", str(rule))
            else:
                audit.record(self.user, "operator.password_changed")
        return cleaned

    def save(self, commit: bool = True) -> Person:
        """Nothing is left to save."""
        return self.user


class OperatorsSite(AdminSite):
    """The console. What is registered on it stands in each app's `admin.py`."""

    site_header = site_title = _("Operators' console")
    index_title = _("What we look after")
    site_url = settings.PORTAL_URL
    login_form = OperatorSignInForm
    final_catch_all_view = enable_nav_sidebar = False
    empty_value_display = "–"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows: the way to the pages used most."""
        found = [(model._meta.verbose_name_plural, self._address_of(model)) for model in MOST_USED]
        pages = [{"label": capfirst(label), "url": url, "current": request.path.startswith(url)} for label, url in found]
        return {**super().each_context(request), "console_pages": pages}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The sign-in page. Where the try comes from is counted and noted."""
        audit.address.set(address_of(request))
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The page for the own password. (Django's own has its form built in.)"""
        audit.address.set(address_of(request))
        request.current_app = self.name  # as Django does on each page of a site
        view = PasswordChangeView.as_view(
            form_class=OperatorPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page, with what waits for an operator at its top."""
        waiting = {
            "parked_messages": OutboxMessage.objects.filter(parked_at__isnull=False, sent_at=None).count(),
            "count_differences": CountDifference.objects.count(),
            "waiting_cases": SupportCase.objects.waiting_for_support().count(),
        }
        return super().index(request, {**waiting, **(extra_context or {})})

    def _address_of(self, model: type[Model]) -> str:
        return reverse(f"{self.name}:{model._meta.label_lower.replace('.', '_')}_changelist")
