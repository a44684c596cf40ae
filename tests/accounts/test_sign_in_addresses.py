"""Every address of allauth is adopted by name or dropped, and none of its own views is served."""

import pytest
from allauth.account import urls as account_urls
from allauth.mfa.base import urls as mfa_urls
from allauth.mfa.recovery_codes import urls as recovery_urls
from allauth.mfa.totp import urls as totp_urls
from django.urls import NoReverseMatch, get_resolver, reverse

ADOPTED = {"account_login", "account_reauthenticate", "account_reset_password_from_key", "mfa_authenticate"}
DROPPED = {
    "account_change_password",  # /security/
    "account_confirm_email",  # an invitation or a reset link proves the address
    "account_confirm_login_code",
    "account_email",
    "account_email_verification_sent",
    "account_inactive",  # said on the sign-in page
    "account_logout",  # /sign-out/
    "account_reset_password",  # /sign-in/reset/
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_set_password",
    "account_signup",  # closed
    "mfa_activate_totp",  # /security/second-factor/
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
}


def names_of_allauth():
    modules = (account_urls, mfa_urls, totp_urls, recovery_urls)
    return {pattern.name for module in modules for pattern in module.urlpatterns if pattern.name}


def views(patterns):
    for pattern in patterns:
        yield from views(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern.callback]


def test_each_is_adopted_or_dropped_by_name():
    assert names_of_allauth() == ADOPTED | DROPPED


@pytest.mark.parametrize("name", sorted(DROPPED))
def test_the_dropped_lead_nowhere(name):
    for arguments in ([], ["key"]):
        with pytest.raises(NoReverseMatch):
            reverse(name, args=arguments)


def test_the_adopted_lead_to_our_own_doors():
    paths = [reverse(name, args=["a" * 24, "token"] if "key" in name else []) for name in sorted(ADOPTED)]
    assert paths == ["/sign-in/", "/security/proof/", f"/sign-in/reset/{'a' * 24}/token/", "/sign-in/code/"]


def test_no_view_of_allauth_is_served():
    assert not [view for view in views(get_resolver().url_patterns) if view.__module__.startswith("allauth")]


@pytest.mark.parametrize("path", ["/accounts/signup/", "/sign-up/", "/accounts/login/", "/signup/", "/accounts/"])
def test_nobody_can_sign_up(client, db, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"email": "x@y.example", "password1": "x"}).status_code == 404
