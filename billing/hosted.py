"""The payment provider's page, to which people are sent: nowhere else, and never in the clear but on the demo's own machine."""

from urllib.parse import urlsplit

from django.conf import settings

HERE = {"127.0.0.1", "localhost", "::1"}


def is_hosted(url: str) -> bool:
    """Whether `url` is a page of the payment provider's that a person may be sent to."""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != settings.PSP_HOSTED_ORIGIN:
        return False
    return parts.scheme == "https" or (settings.LOOPBACK and parts.scheme == "http" and parts.hostname in HERE)


def may_confirm_at(url: str) -> bool:
    """Whether a person may be sent to `url` to confirm a payment: to a page of a bank's, wherever that is, over https, or of the payment provider's."""
    parts = urlsplit(url)
    return (parts.scheme == "https" and bool(parts.netloc)) or is_hosted(url)
