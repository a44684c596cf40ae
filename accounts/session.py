"""What a sign-in session goes through: it begins, is proven anew, and ends. Its identifier changes each time, so that none can be planted."""

from allauth.account.internal.flows import login as steps
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from allauth.account.stages import LoginStage
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse

from accounts.models import Person


def begin(request: HttpRequest, person: Person, next_url: str) -> HttpResponse:
    """After the right password: on to the second factor where one is set up, else in."""
    login = Login(user=person, email=person.email, redirect_url=next_url or None)
    answer: HttpResponse = steps.perform_password_login(request, {"email": person.email}, login)
    return answer


def go_on(stage: LoginStage) -> HttpResponse:
    """After the second factor: in."""
    answer: HttpResponse = stage.exit()
    return answer


def prove(request: HttpRequest, person: Person) -> None:
    """The person gave the password again: the session is fresh for the next five minutes."""
    record_authentication(request, person, method="password", reauthenticated=True)
    request.session.cycle_key()


def prove_by_code(request: HttpRequest, person: Person) -> None:
    """The person has just shown a second factor."""
    record_authentication(request, person, method="mfa", reauthenticated=True)
    request.session.cycle_key()


def survive_new_password(request: HttpRequest, person: Person) -> None:
    """Keep this session; all others of the person ended with the former password."""
    update_session_auth_hash(request, person)
    record_authentication(request, person, method="password", reauthenticated=True)


def end(request: HttpRequest) -> None:
    """Sign out."""
    logout(request, show_message=False)
