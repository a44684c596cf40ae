"""The answer to whoever generated a key: the key itself, this once. The primary key and the named ones have it in common."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from accounts.doors import ProviderRequest
from accounts.forms.key import KeyForm
from accounts.forms.named_keys import KeyTermsForm
from msp_portal.lib.page import page


def new_key_or_form(
    request: ProviderRequest, template: str, form: KeyForm | KeyTermsForm, done: bool, context: Mapping[str, Any]
) -> HttpResponse:
    """The fragment `new-key` of `template` when it is done, else `key-form` with what was refused. No session, message or cache holds the key."""
    shown = {**context, "provider": request.provider, "form": form}
    if not done:
        return page(request, template, shown, fragment="key-form", status=422 if form.is_bound else 200)
    key, plain = form.result
    return page(request, template, {**shown, "key": key, "plain": plain}, fragment="new-key", target="key-form")
