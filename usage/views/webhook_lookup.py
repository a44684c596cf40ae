"""What the doors to webhooks have in common: who comes through, and whose webhook it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, View, provider_door
from accounts.roles import Permission
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.models.webhook import WebhookDeliveryQuerySet


def webhook_door(*methods: str, fresh: bool = False) -> Callable[[View], View]:
    """A door for those who manage webhooks. Events tell of every organization, so whoever is limited to some is too junior."""

    def make(view: View) -> View:
        @wraps(view)
        def of_the_whole_provider(request: ProviderRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.administrator.is_limited:
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[return-value]

        return provider_door(*methods, permission=Permission.MANAGE_WEBHOOKS, fresh=fresh)(of_the_whole_provider)

    return make


def webhook_of(request: ProviderRequest, webhook_id: str) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.filter(provider=request.provider), pk=webhook_id)


def deliveries_of(request: ProviderRequest) -> WebhookDeliveryQuerySet:
    """The provider's, without those of licences for who may not see them."""
    mine = WebhookDelivery.objects.filter(provider=request.provider)
    return mine.visible(licenses=request.administrator.may(Permission.SEE_LICENSES))


def url_of(endpoint: WebhookEndpoint) -> str:
    return reverse("webhook", args=[endpoint.pk])


def trail(*here: tuple[str, str] | str) -> list[dict[str, str]]:
    """The breadcrumb of a page below Account Management: names with their address, the last without."""
    above = [(_("Account Management"), reverse("account")), *([(_("Webhooks"), reverse("webhooks"))] if here else [])]
    every = [*above, *(here or (_("Webhooks"),))]
    return [{"label": each} if isinstance(each, str) else {"label": each[0], "url": each[1]} for each in every]
