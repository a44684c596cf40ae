"""What a person types about a directory user."""

from django import forms
from django.utils.translation import gettext_lazy as _

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
