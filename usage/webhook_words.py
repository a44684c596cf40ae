"""Why a URL is not called, or a call came to nothing, in the reader's words. Codes are noted, as the worker does not know who will read them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ERRORS: Final[dict[str, str | Promise]] = {
    "not_a_url": _("This is no address of the form https://example.com/path, in plain characters."),
    "not_https": _("The address must begin with https://."),
    "credentials": _("The address may hold no user name and password. Check the signature instead."),
    "forbidden_address": _("This address leads into a private network or to this server itself, where nothing is sent."),
    "not_found": _("The name of the server was not found."),
    "not_reached": _("The server could not be reached."),
    "not_trusted": _("The server's certificate is not valid for this address."),
    "too_slow": _("The server did not answer in time."),
    "broken_off": _("The connection broke off before there was an answer."),
    "secret_lost": _("The secret can no longer be read. Make a new one."),
    "fault": _("The call failed for a reason of our own, which we were told of."),
}
