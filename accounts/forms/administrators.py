"""The forms that invite an administrator and change what one may do."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actions.administrators import ReachesAll
from accounts.models import Administrator, Organization
from accounts.roles import MSP_ROLES, UNLIMITED_ROLES, Role


class PlaceForm(forms.Form):
    """Role, the organizations it reaches, and whether it may generate the API key."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in MSP_ROLES])
    limited = forms.BooleanField(label=_("Only the organizations chosen below"), required=False)
    organizations = forms.ModelMultipleChoiceField(
        label=_("Organizations"),
        queryset=Organization.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Hold Ctrl (on a Mac Command) to choose several."),
    )
    api_access = forms.BooleanField(label=_("May generate the API key, as an Administrator"), required=False)

    field_order = ["first_name", "last_name", "email", "role", "limited", "organizations", "api_access"]

    def __init__(self, *args: Any, organizations: QuerySet[Organization], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organizations"].queryset = organizations  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Role and organizations have to fit each other."""
        cleaned = super().clean() or {}
        role, chosen = cleaned.get("role"), cleaned.get("organizations") or []
        if role == Role.ORGANIZATION_ADMINISTRATOR and len(chosen) != 1:
            self.add_error("organizations", _("Choose the one organization that this person is to administer."))
        elif cleaned.get("limited") and role in UNLIMITED_ROLES:
            self.add_error("limited", str(ReachesAll.message))
        elif cleaned.get("limited") and not chosen:
            self.add_error("organizations", _("Choose at least one organization."))
        return cleaned


class InvitationForm(PlaceForm):
    """Whom to invite, and as what."""

    result: Administrator

    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=80)
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("The invitation goes there and is good for seven days.")
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, role.label) for role in Role],
        initial=Role.READ_ONLY,  # the least, so that nobody is given more by oversight
        help_text=_("An Organization Administrator looks after the users of one client organization; choose it below."),
    )


def initial_of(administrator: Administrator) -> dict[str, Any]:
    """What the form shows of a place as it is."""
    return {
        "role": administrator.role,
        "limited": administrator.limited_at is not None,
        "organizations": administrator.access.values_list("organization_id", flat=True),
        "api_access": administrator.api_access_at is not None,
    }
