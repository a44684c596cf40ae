"""All keys of the provider, and the further ones beside the primary key: made, renewed, revoked."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.actions.key_line import revoke_key
from accounts.actions.named_keys import create_named_key, renew_key
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.named_keys import NamedKeyForm, RenewalForm
from accounts.models import ApiKey
from accounts.models.api_key_rows import ApiKeyQuerySet
from accounts.new_key import new_key_or_form
from accounts.queries.keys import clients_of, ended_keys, keys_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to

TEMPLATE = "accounts/named_key.html"


@provider_door("GET", permission=Permission.MANAGE_KEY)
def api_keys(request: ProviderRequest) -> HttpResponse:
    """`/account/keys/`: all that work, with who uses them, and the last ones that ended."""
    provider, at = request.provider, request.at
    context = {"provider": provider, "keys": keys_of(provider, at=at), "ended": ended_keys(provider, at=at)}
    return page(request, "accounts/keys.html", context)


@never_cache
@provider_door("GET", "POST", permission=Permission.MANAGE_KEY, fresh=True)
def api_key_new(request: ProviderRequest) -> HttpResponse:
    """`/account/keys/new/`: the form, then the new key, once."""
    form = NamedKeyForm(_posted(request), maker=request.administrator, **_when_and_where(request))
    done = carry_out(form, create_named_key, provider=request.provider, by=request.administrator, at=request.at)
    return new_key_or_form(request, TEMPLATE, form, done, {"action": request.path, "back": reverse("api-keys")})


@never_cache
@provider_door("GET", "POST", permission=Permission.MANAGE_KEY, fresh=True)
def renewal(request: ProviderRequest, key_id: str) -> HttpResponse:
    """`/account/keys/<id>/renewal/`: what will break, then the new key of the same name, once."""
    present = get_object_or_404(_keys(request).named(), pk=key_id)
    if request.method != "POST" and (present.is_former or not present.is_live(request.at)):
        return _back(request, _("%(key)s was renewed or revoked, or has expired."), present)
    line = _keys(request).line_of(present)
    breaking = clients_of(line.live(request.at))
    form = RenewalForm(_posted(request), present=present, **_when_and_where(request))
    done = carry_out(form, renew_key, key=present, by=request.administrator, at=request.at)
    former = line.former(request.at).first()
    context = {"present": present, "breaking": breaking, "former": former, "action": request.path, "back": reverse("api-keys")}
    return new_key_or_form(request, TEMPLATE, form, done, context)


@provider_door("GET", "POST", permission=Permission.MANAGE_KEY)
def revocation(request: ProviderRequest, key_id: str) -> HttpResponse:
    """`/account/keys/<id>/revocation/`: who will be refused, and after a yes the end."""
    key = get_object_or_404(_keys(request), pk=key_id)
    ending = _keys(request).ending_with(key, request.at)
    breaking = clients_of(ending)
    form = forms.Form(_posted(request))
    if not key.is_live(request.at) or carry_out(form, revoke_key, key=key, by=request.administrator, at=request.at):
        return _back(request, _("%(key)s no longer works."), key)
    also = ending.exclude(pk=key.pk).first()
    context = {"key": key, "form": form, "breaking": breaking, "also": also, "provider": request.provider}
    return page(request, "accounts/key_revocation.html", context, fragment="revocation", status=422 if form.is_bound else 200)


def _back(request: ProviderRequest, said: str, key: ApiKey) -> HttpResponse:
    return redirect_to(request, reverse("api-keys"), said % {"key": key})


def _keys(request: ProviderRequest) -> ApiKeyQuerySet:
    return ApiKey.objects.filter(provider=request.provider)


def _when_and_where(request: ProviderRequest) -> dict[str, Any]:
    return {"zone": request.provider.time_zone, "at": request.at}


def _posted(request: ProviderRequest) -> Any:
    return request.POST if request.method == "POST" else None
