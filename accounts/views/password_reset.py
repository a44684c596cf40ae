"""A new password by mail, for those who forgot theirs."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.actions.password import ask_for_reset, person_of_link, reset
from accounts.doors import PublicRequest, public
from accounts.forms.sign_in import EmailForm, NewPasswordForm
from msp_portal.lib.acts import try_out
from msp_portal.lib.page import page, redirect_to

LINK = "password_reset_link"  # in the session: whose, and its token


@never_cache
@public("GET", "POST")
def ask(request: PublicRequest) -> HttpResponse:
    """Ask for the mail. The answer is the same whether the address is someone's or not."""
    form = EmailForm(request.POST or None)
    if try_out(form, ask_for_reset, at=request.at):
        return page(request, "accounts/password_reset_sent.html", {"email": form.cleaned_data["email"]})
    return page(request, "accounts/password_reset.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@public("GET")
def open_link(request: PublicRequest, person_id: str, token: str) -> HttpResponse:
    """The link of the mail: its token goes into the session, so that no address bar, history or Referer keeps it."""
    request.session[LINK] = [person_id, token]
    return redirect("new-password")


@never_cache
@public("GET", "POST")
def choose(request: PublicRequest) -> HttpResponse:
    """Choose the new password, then sign in with it."""
    person_id, token = request.session.get(LINK, ["", ""])
    person = person_of_link(person_id, token)
    if person is None:
        return page(request, "accounts/password_reset_over.html", status=410)
    form = NewPasswordForm(request.POST or None, person=person)
    if try_out(form, reset, person=person, token=token, at=request.at):
        request.session.flush()
        return redirect_to(request, reverse("sign-in"), _("Your password was changed. Sign in with the new one."))
    return page(request, "accounts/new_password.html", {"form": form, "person": person}, status=422 if form.errors else 200)
