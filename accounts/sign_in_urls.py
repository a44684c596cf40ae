"""Addresses of signing in. Names with `account_` or `mfa_` are those that allauth asks for; none of its own views is served."""

from django.urls import path

from accounts.views import invitation, password_reset, places, security, sign_in, theme

urlpatterns = [
    path("", places.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-in/code/", sign_in.second_factor, name="mfa_authenticate"),
    path("sign-in/reset/", password_reset.ask, name="password-reset"),
    path("sign-in/reset/<id:person_id>/<str:token>/", password_reset.open_link, name="account_reset_password_from_key"),
    path("sign-in/new-password/", password_reset.choose, name="new-password"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("places/", places.places_view, name="places"),
    path("theme/", theme.choose_theme, name="theme"),
    path("security/", security.security, name="security"),
    path("security/proof/", sign_in.prove_again, name="account_reauthenticate"),
    path("security/second-factor/", security.set_up_second_factor, name="second-factor"),
    path("security/second-factor/removal/", security.removal, name="second-factor-removal"),
    path("security/recovery-codes/", security.recovery_codes, name="recovery-codes"),
    path("invitations/<str:token>/", invitation.invitation, name="invitation"),
]
