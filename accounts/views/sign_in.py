"""Coming in and going out."""

from allauth.account.stages import LoginStageController
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from accounts import session
from accounts.actions.sign_in import accept_code, confirm_password, person_with
from accounts.doors import PersonRequest, PublicRequest, public, signed_in
from accounts.forms.sign_in import CodeForm, PasswordForm, SignInForm
from accounts.next_page import next_page
from msp_portal.lib.acts import try_out
from msp_portal.lib.page import page, redirect_to


@never_cache
@public("GET", "POST")
def sign_in(request: PublicRequest) -> HttpResponse:
    """E-mail and password; then the second factor, if there is one, and back to where the person wanted to go."""
    if request.user.is_authenticated:
        return redirect(next_page(request) or "home")
    form = SignInForm(request.POST or None)
    if try_out(form, person_with, request=request, at=request.at):
        return session.begin(request, form.result, next_page(request))
    return page(request, "accounts/sign_in.html", {"form": form, "next": next_page(request)}, status=422 if form.errors else 200)


@never_cache
@public("GET", "POST")
def second_factor(request: PublicRequest) -> HttpResponse:
    """The code, after the right password. Without that first step there is nothing here."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if try_out(form, accept_code, person=stage.login.user, at=request.at):
        post_authentication(request, form.result)
        return session.go_on(stage)
    return page(request, "accounts/second_factor.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@signed_in("GET", "POST")
def prove_again(request: PersonRequest) -> HttpResponse:
    """Step-up: the password again, before something that matters. The person then repeats what he was about to do."""
    form = PasswordForm(request.POST or None)
    if try_out(form, confirm_password, person=request.user, at=request.at):
        session.prove(request, request.user)
        return redirect_to(request, next_page(request) or "/")
    return page(
        request, "accounts/prove_again.html", {"form": form, "next": next_page(request)}, status=422 if form.errors else 200
    )


@public("POST")
def sign_out(request: PublicRequest) -> HttpResponse:
    """End the session."""
    session.end(request)
    return redirect(next_page(request) or "sign-in")
