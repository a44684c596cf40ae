"""What a person types about a directory user."""

from django import forms

from usage.models import User


class UserForm(forms.ModelForm[User]):
    """Who the user is: the same fields to add and to edit. Saved by an action, which leaves the row as `result`."""

    result: User

    class Meta:
        model = User
        fields = ("first_name", "last_name", "user_name", "email")
