"""What has to be told outside: the outbox, and the mails of a portal without a mail server."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import audit
from accounts.console import ReadOnlyAdmin, act_on_each
from accounts.models import Person
from msp_portal.lib.models import MailboxMessage, OutboxMessage


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin[OutboxMessage]):
    """What was and is to be sent. After three failed attempts a message is parked and waits here. Its words are not shown: they may carry links that let one in."""

    noun = "outbox_message"
    list_display = ("__str__", "provider_id", "created_at", "attempts", "due_at", "sent_at", "parked_at", "last_error")
    list_filter = (("parked_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter), "kind")
    ordering = ("-id",)
    fields = readonly_fields = (
        "id",
        "kind",
        "provider_id",
        "created_at",
        "attempts",
        "due_at",
        "sent_at",
        "parked_at",
        "last_error",
    )
    actions = ("try_again",)

    @admin.action(description=_("Try parked messages again"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """The worker takes them up within a minute."""
        words = ngettext_lazy("%(number)d message is due again.", "%(number)d messages are due again.", "number")
        act_on_each(self, request, queryset.filter(parked_at__isnull=False, sent_at=None), _try_again, words)


@admin.register(MailboxMessage)
class MailboxAdmin(ReadOnlyAdmin[MailboxMessage]):
    """Mails that would have been sent if a mail server were set up."""

    list_display = ("subject", "recipients", "received_at")
    search_fields = ("subject", "recipients")
    ordering = ("-id",)
    fields = readonly_fields = ("subject", "recipients", "received_at", "letter")

    @admin.display(description=_("text"))
    def letter(self, message: MailboxMessage) -> SafeString:
        """The text with its links to click; everything in it is escaped first."""
        linked = mark_safe(urlize(message.text, nofollow=True, autoescape=True))  # noqa: S308 - escaped word by word
        return format_html('<div class="letter">{}</div>', linked)


def _try_again(message: OutboxMessage, *, by: Person, at: datetime) -> None:
    message.try_again(at=at)
    audit.record(by, "outbox_message.tried_again", provider_id=message.provider_id, at=at, message=message.pk)
