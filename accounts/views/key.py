"""Generating the provider's API key. The key stands in the answer to one POST and nowhere else."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.actions.keys import end_former_key, generate_key
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.key import KeyForm
from accounts.models import ApiKey
from accounts.new_key import new_key_or_form
from accounts.queries.keys import keys_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import redirect_to

TEMPLATE = "accounts/key.html"


@never_cache
@provider_door("GET", "POST", permission=Permission.MANAGE_KEY, fresh=True)
def api_key(request: ProviderRequest) -> HttpResponse:
    """`/account/key/`: what will break, then the new key, once."""
    keys = keys_of(request.provider, at=request.at)
    present = keys.present.key if keys.present else None
    form = KeyForm(request.POST if request.method == "POST" else None, maker=request.administrator, present=present)
    done = carry_out(form, generate_key, provider=request.provider, by=request.administrator, at=request.at)
    former = ApiKey.objects.filter(provider=request.provider, is_primary=True).former(request.at).first()
    context = {"keys": keys, "former": former, "breaking": keys.breaking, "back": reverse("account")}
    return new_key_or_form(request, TEMPLATE, form, done, context)


@provider_door("POST", permission=Permission.MANAGE_KEY)
def former_key_end(request: ProviderRequest) -> HttpResponse:
    """`/account/key/former/end/`"""
    end_former_key(provider=request.provider, by=request.administrator, at=request.at)
    return redirect_to(request, reverse("account"), _("The former key no longer works."))
