"""What is typed to come in: e-mail and password, a code, a new password."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Person

PASSWORD_LENGTH_MAX = 512  # longer ones would only cost the server time


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    """A password as typed, spaces included."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=PASSWORD_LENGTH_MAX, **options)


class EmailForm(forms.Form):
    """An e-mail address that may or may not be someone's."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class SignInForm(EmailForm):
    """E-mail and password."""

    result: Person
    password = password_field(_("Password"), "current-password")


class PasswordForm(forms.Form):
    """The password again."""

    password = password_field(_("Password"), "current-password")


class CodeForm(forms.Form):
    """Six digits of an authenticator app, or a recovery code."""

    result: Authenticator
    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    """A password that is good enough for this person."""

    new_password = password_field(_("New password"), "new-password")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["new_password"].help_text = " ".join(password_validators_help_texts()[1:2])

    def clean_new_password(self) -> str:
        """The password, or what is wrong with it."""
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.person)
        return password


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    current_password = password_field(_("Present password"), "current-password")
    field_order = ("current_password", "new_password")


class JoinForm(NewPasswordForm):
    """Someone new: the name, as the inviter wrote it or better, and a password."""

    result: Person
    first_name = forms.CharField(
        label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    field_order = ("first_name", "last_name", "new_password")

    def clean(self) -> dict[str, Any] | None:
        """The password must not be made of the name that was just typed either."""
        clean = super().clean() or {}
        named = Person(email=self.person.email, first_name=clean.get("first_name", ""), last_name=clean.get("last_name", ""))
        if "new_password" in clean:
            try:
                validate_password(clean["new_password"], named)
            except ValidationError as fault:
                self.add_error("new_password", fault)
        return clean
