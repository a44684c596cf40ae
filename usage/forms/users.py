"""What a person types about a directory user."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from usage.models import User


class UserForm(forms.ModelForm[User]):
    """Who the user is: the same fields to add and to edit. Saved by an action, which leaves the row as `result`."""

    result: User

    class Meta:
        model = User
        fields = ("first_name", "last_name", "user_name", "email")


class UserInvitationForm(UserForm):
    """Whom to invite: the address comes first, as that is where the mail goes."""

    class Meta(UserForm.Meta):
        fields = ("email", "user_name", "first_name", "last_name")
        help_texts = {"email": _("The invitation goes there.")}


class MoveForm(forms.Form):
    """Where a user goes."""

    result: User

    organization = forms.ModelChoiceField(
        label=_("To the organization"), queryset=Organization.objects.none(), empty_label=_("Choose one")
    )

    def __init__(self, data: Any = None, *, organizations: QuerySet[Organization]) -> None:
        super().__init__(data)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
