"""The forms about payment methods. None has a field for a number: those are typed on the payment provider's page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.actions.method_setups import BACK_WITH


class NewMethodForm(forms.Form):
    """Where a new method comes, if there are others."""

    make_default = forms.BooleanField(
        label=_("Make it the default"), required=False, help_text=_("The present default becomes the first backup.")
    )


class MoveForm(forms.Form):
    """One place up or down."""

    step = forms.TypedChoiceField(choices=[(-1, _("Up")), (1, _("Down"))], coerce=int)


class BackForm(forms.Form):
    """How someone came back from the payment provider's page."""

    outcome = forms.ChoiceField(choices=[(str(outcome), outcome.label) for outcome in BACK_WITH])
