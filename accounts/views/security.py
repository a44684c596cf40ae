"""The person's own sign-in: password and second factor."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import session
from accounts.actions import second_factor
from accounts.actions.password import change
from accounts.doors import PersonRequest, by_method, signed_in
from accounts.forms.sign_in import ChangePasswordForm, CodeForm
from accounts.qr_code import qr_code
from msp_portal.lib.acts import try_out
from msp_portal.lib.page import page, redirect_to


@never_cache
@signed_in("GET", "POST")
def security(request: PersonRequest) -> HttpResponse:
    """What protects the sign-in, and the form for a new password."""
    form = ChangePasswordForm(request.POST or None, person=request.user)
    if try_out(form, change, person=request.user, at=request.at):
        session.survive_new_password(request, request.user)
        return redirect_to(request, reverse("security"), _("Your password was changed. All your other sessions have ended."))
    context = {
        "form": form,
        "has_second_factor": second_factor.has_second_factor(request.user),
        "codes_left": len(second_factor.recovery_codes_of(request.user)),
    }
    return page(request, "accounts/security.html", context, status=422 if form.errors else 200)


@never_cache
@signed_in("GET", "POST", fresh=True)
def set_up_second_factor(request: PersonRequest) -> HttpResponse:
    """Show the secret to the authenticator app, and turn the second factor on when the app's code is right."""
    if second_factor.has_second_factor(request.user):
        return redirect("security")
    form = CodeForm(request.POST or None)
    secret = get_totp_secret()
    if try_out(form, second_factor.set_up, secret=secret, person=request.user, at=request.at):
        clear_totp_secret(request)
        session.prove_by_code(request, request.user)
        return redirect_to(request, reverse("recovery-codes"), _("The second factor is on."))
    context = {"form": form, "secret": secret, "picture": qr_code(get_adapter().build_totp_url(request.user, secret))}
    return page(request, "accounts/second_factor_set_up.html", context, status=422 if form.errors else 200)


@never_cache
@signed_in("GET", fresh=True)
def ask_for_removal(request: PersonRequest) -> HttpResponse:
    """Say what removing the second factor means before it is done."""
    if not second_factor.has_second_factor(request.user):
        return redirect("security")
    return page(request, "accounts/second_factor_removal.html", {}, fragment="removal")


@signed_in("POST", fresh=True)
def remove_second_factor(request: PersonRequest) -> HttpResponse:
    """Turn the second factor off."""
    second_factor.remove(person=request.user, at=request.at)
    return redirect_to(request, reverse("security"), _("The second factor was removed."))


@never_cache
@signed_in("GET", fresh=True)
def show_recovery_codes(request: PersonRequest) -> HttpResponse:
    """The codes that are still good, to print or store."""
    if not second_factor.has_second_factor(request.user):
        return redirect("security")
    return page(request, "accounts/recovery_codes.html", {"codes": second_factor.recovery_codes_of(request.user)})


@signed_in("POST", fresh=True)
def renew_recovery_codes(request: PersonRequest) -> HttpResponse:
    """Make new codes in place of the former ones."""
    if not second_factor.has_second_factor(request.user):
        return redirect("security")
    second_factor.renew_recovery_codes(person=request.user, at=request.at)
    return redirect_to(request, reverse("recovery-codes"), _("New recovery codes were made. The former ones no longer work."))


removal = by_method(GET=ask_for_removal, POST=remove_second_factor)
recovery_codes = by_method(GET=show_recovery_codes, POST=renew_recovery_codes)
