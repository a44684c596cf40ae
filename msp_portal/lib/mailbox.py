"""The mail server of a portal that has none: mails are kept and read in the operators' console."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from msp_portal.lib.models import MailboxMessage


class MailboxBackend(BaseEmailBackend):
    """Keeps each mail as a row; only the worker's login may."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """The number of mails kept: all."""
        for mail in email_messages:
            MailboxMessage.objects.create(recipients=", ".join(mail.recipients()), subject=str(mail.subject), text=str(mail.body))
        return len(email_messages)
