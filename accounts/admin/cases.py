"""Support cases: the vendor's side of the conversation."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.actions.cases import answer_case
from accounts.bounds import CASE_TEXT_LONGEST
from accounts.case_choices import AFTER_AN_ANSWER
from accounts.console import OperatorAdmin
from accounts.forms.fields import WrittenField
from accounts.models import Person, SupportCase


class AnswerForm(forms.ModelForm[SupportCase]):
    """An operator's turn: an answer, or only another status."""

    answer = WrittenField(
        label=_("Answer"),
        rows=8,
        max_length=CASE_TEXT_LONGEST,
        required=False,
        help_text=_(
            "The reporter gets it by mail, and everyone at the MSP who sees the case reads it. Empty: only the status changes."
        ),
    )
    becomes = forms.ChoiceField(
        label=_("Status afterwards"), choices=[(status.value, status.label) for status in AFTER_AN_ANSWER]
    )

    class Meta:
        model = SupportCase
        fields = ()


@admin.register(SupportCase)
class SupportCaseAdmin(OperatorAdmin[SupportCase]):
    """The cases of all MSPs. Operators answer here and say how a case stands; what was written never changes."""

    noun = "accounts.case"
    form = AnswerForm
    list_display = ("number", "subject", "provider", "status", "severity", "changed_at")
    list_filter = ("status", "severity", "product")
    list_select_related = ("provider",)
    search_fields = ("number", "subject", "provider__name", "organization__name", "reporter_name", "reporter_email")
    ordering = ("-changed_at", "-pk")
    readonly_fields = (
        *("number", "status", "severity", "kind", "product", "operating_system", "provider", "organization"),
        *("reported_by", "submitted_at", "conversation"),
    )
    fieldsets = (
        (None, {"fields": (("number", "status", "severity"), ("kind", "product", "operating_system"))}),
        (None, {"fields": (("provider", "organization"), ("reported_by", "submitted_at"))}),
        (_("Conversation"), {"fields": ("conversation", "answer", "becomes")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupportCase]:
        return super().get_queryset(request).select_related("organization", "reporter")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("reporter"))
    def reported_by(self, case: SupportCase) -> str:
        """Who submitted it, and whether mails still reach him."""
        who = f"{case.reporter_name}, {case.reporter_email}"
        if case.reporter is not None and case.reporter.is_active:
            return who
        return gettext("%(who)s (no longer an administrator there: gets no mail)") % {"who": who}

    @admin.display(description=_("conversation"))
    def conversation(self, case: SupportCase) -> SafeString:
        """From the description on; everything in it is escaped."""
        line = '<li class="turn {}"><strong>{}</strong> <time>{}</time><div class="letter">{}</div>{}</li>'
        first = ("", case.reporter_name, _when(case.submitted_at), case.description, "")
        turns = format_html_join("", line, [first, *map(_turn, case.messages.as_conversation())])
        return format_html('<ol class="turns">{}</ol>', turns)

    def change(self, obj: SupportCase, form: Any, *, by: Person, at: datetime) -> None:
        answer_case(text=form.cleaned_data["answer"], status=form.cleaned_data["becomes"], case=obj, by=by, at=at)


def _turn(message: Any) -> tuple[str, str, str, str, str]:
    kind = "turn-support" if message.is_by_support else ""
    moved = f"→ {message.get_status_display()}" if message.status != message.status_before else ""
    return kind, message.author_name, _when(message.at), message.text, moved


def _when(at: datetime) -> str:
    return f"{date_format(at, 'DATETIME_FORMAT')} UTC"
