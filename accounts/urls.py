"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import key, overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", overview.account, name="account"),
    path("account/details/", overview.account_details, name="account-details"),
    path("account/key/", key.api_key, name="api-key"),
    path("account/key/former/end/", key.former_key_end, name="former-key-end"),
]
