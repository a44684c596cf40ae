"""How allauth does its work here: no sign-up, tries counted before the password is checked, secrets of second factors encrypted."""

import base64
from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import places, throttle
from accounts.models import Person


class PortalAccountAdapter(DefaultAccountAdapter):
    """The portal's choices where allauth asks for them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only pages of this portal, named without a host."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_reauthentication_required(self, *, app: str, **rest: Any) -> bool:
        """Never by allauth, which would replay the form afterwards: the doors ask (`fresh=True`), and the person repeats the act."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try.

        :raises TooManyTries: past the limit; the password is not looked at.
        """
        throttle.before_password(credentials["email"], at=datetime.now(UTC))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """The person whose e-mail and password these are, suspended or not. An unknown address costs a look-up and a hash like a known one.

        :raises TooManyTries: past the limit.
        """
        self.pre_authenticate(request, **credentials)
        person = Person.objects.with_email(credentials["email"])
        if person is None:
            Person().set_password(credentials["password"])
            return None
        return person if person.check_password(credentials["password"]) else None

    def post_login(self, request: HttpRequest, user: Person, *, redirect_url: str | None, **rest: Any) -> HttpResponse:
        """Enter the person's place when it is the only one, and go where he wanted to."""
        found = places.places_of(user)
        if len(found) == 1:
            places.enter(request, found[0], at=datetime.now(UTC))
        return HttpResponseRedirect(redirect_url or reverse("home"))

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        return HttpResponseRedirect(reverse("sign-in"))


class PortalMfaAdapter(DefaultMFAAdapter):
    """Secrets of second factors are stored as `<number of the pepper>:<encrypted text>`, so that a dump alone opens nothing."""

    def encrypt(self, text: str) -> str:
        newest = max(settings.KEY_PEPPERS)
        return f"{newest}:{_cipher(newest).encrypt(text.encode()).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        number, _, token = encrypted_text.partition(":")
        return _cipher(int(number)).decrypt(token.encode()).decode()


def _cipher(number: int) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=b"second factor").derive(settings.KEY_PEPPERS[number])
    return Fernet(base64.urlsafe_b64encode(key))
