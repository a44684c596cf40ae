"""Submitting a support case, and the turns of the conversation about it."""

from datetime import datetime, timedelta
from typing import Final, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit, case_emails
from accounts.case_choices import CaseStatus
from accounts.models import Administrator, Organization, Person, SupportCase, SupportMessage
from msp_portal.lib.rules import RuleBroken

INSTANT: Final = timedelta(microseconds=1)
"""Between two turns at least: who waited for the other's comes after him, whatever the clock said when he began."""


class CaseIsClosed(RuleBroken):
    message = _("Someone closed this case meanwhile.")
    code = "case_is_closed"


class CaseIsOpen(RuleBroken):
    message = _("Someone reopened this case meanwhile.")
    code = "case_is_open"


class NothingToSay(RuleBroken):
    message = _("Write an answer, or choose another status.")
    code = "case_nothing_to_say"


class Written(TypedDict):
    """What the reporter writes: the fields of `CaseForm`."""

    subject: str
    kind: str
    product: str
    severity: str
    organization: Organization | None
    operating_system: str
    description: str


@transaction.atomic
def submit_case(*, by: Administrator, at: datetime, **written: Unpack[Written]) -> SupportCase:
    """A new case of the actor's provider, confirmed to him by mail and told to support."""
    case = add_case(by=by, at=at, **written)
    case_emails.confirm(case)
    case_emails.tell_support(case)
    return case


@transaction.atomic
def reply_to_case(*, text: str, case: SupportCase, by: Administrator, at: datetime) -> SupportCase:
    """Say one more thing and tell support. A case that was answered, solved or closed is in progress again: what is said gets read."""
    row = _lock(case)
    status = CaseStatus.NEW if row.status == CaseStatus.NEW else CaseStatus.IN_PROGRESS
    case_emails.tell_support(row, add_turn(case=row, act="replied", status=status, text=text, by=by, at=at))
    return row


@transaction.atomic
def close_case(*, case: SupportCase, by: Administrator, at: datetime) -> SupportCase:
    """Say that nothing more is expected; it can be reopened.

    :raises CaseIsClosed: someone was faster.
    """
    row = _lock(case)
    if row.is_closed:
        raise CaseIsClosed
    add_turn(case=row, act="closed", status=CaseStatus.CLOSED, by=by, at=at)
    return row


@transaction.atomic
def reopen_case(*, case: SupportCase, by: Administrator, at: datetime) -> SupportCase:
    """Go on with a closed case, and tell support.

    :raises CaseIsOpen: someone was faster.
    """
    row = _lock(case)
    if not row.is_closed:
        raise CaseIsOpen
    case_emails.tell_support(row, add_turn(case=row, act="reopened", status=CaseStatus.IN_PROGRESS, by=by, at=at))
    return row


@transaction.atomic
def answer_case(*, text: str, status: str, case: SupportCase, by: Person, at: datetime) -> SupportCase:
    """An operator's turn: an answer, which is mailed to the reporter, or only another status.

    :raises NothingToSay: neither of the two.
    """
    row = _lock(case)
    if not text and row.status == status:
        raise NothingToSay
    act = "answered" if text else "moved_on"
    message = add_turn(case=row, act=act, status=CaseStatus(status), text=text, by=by, at=at)
    if text:
        case_emails.tell_reporter(row, message)
    return row


@transaction.atomic
def add_case(*, by: Administrator, at: datetime, **written: Unpack[Written]) -> SupportCase:
    """The row of a new case and its line in the log, without a mail."""
    case = SupportCase.objects.create(
        provider_id=by.provider_id,
        **written,
        reporter=by,
        reporter_name=by.name,
        reporter_email=by.email,
        submitted_at=at,
        changed_at=at,
    )
    audit.record(by, "accounts.case.submitted", case, at=at, severity=case.severity, product=case.product)
    return case


@transaction.atomic
def add_turn(
    *, case: SupportCase, act: str, status: CaseStatus, text: str = "", by: Administrator | Person, at: datetime
) -> SupportMessage:
    """A message in the case, which stands at `status` then, without a mail; the log notes `act` and what the status was, if it changed."""
    changes = {} if case.status == status else {"status": [case.status, status.value]}
    at = max(at, case.changed_at + INSTANT)
    case.stand(status, at=at)
    message = SupportMessage.objects.create(
        provider_id=case.provider_id,
        case=case,
        at=at,
        author=SupportMessage.Author.OPERATOR if isinstance(by, Person) else SupportMessage.Author.ADMINISTRATOR,
        author_name=by.name,
        text=text,
        status=status,
    )
    audit.record(by, f"accounts.case.{act}", case, at=at, changes=changes)
    return message


def _lock(case: SupportCase) -> SupportCase:
    """The row as it is now; turns of one case are taken one after the other."""
    return SupportCase.objects.select_for_update(no_key=True).get(pk=case.pk)
