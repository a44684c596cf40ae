"""Cases in the operators' console: what waits, the conversation, an answer."""

import pytest
from django.urls import reverse

from accounts.case_choices import CaseStatus
from accounts.models import AuditEvent, SupportCase
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from tests.cast import case as submitted

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:accounts_supportcase_{name}", args=args)


@pytest.fixture
def case(cast):
    acme = cast.northwind.clients[0].organization
    return submitted(
        cast.northwind.owner, "Sign-in <i>fails</i>", organization=acme, description="First line\n<script>alert(1)</script>"
    )


class TestTheCases:
    def test_that_wait_stand_at_the_top(self, as_operator, case):
        first = as_operator.get("/").content.decode()
        assert "1 case waits for support." in first
        listed = as_operator.get(f"{page('changelist')}?status__in=New,In+Progress").content.decode()
        assert case.number in listed

    def test_that_were_answered_wait_no_more(self, as_operator, case):
        as_operator.post(page("change", case.pk), {"answer": "Done.", "becomes": "Solved"})
        assert "Nothing waits for you" in as_operator.get("/").content.decode()

    @pytest.mark.parametrize(
        ("asked", "found"), [("status__exact=New", 1), ("status__exact=Closed", 0), ("severity__exact=Severity+2", 1)]
    )
    def test_are_narrowed_by_status_and_severity(self, as_operator, case, asked, found):
        listed = as_operator.get(f"{page('changelist')}?{asked}").content.decode()
        assert listed.count(case.number) == found

    def test_are_of_all_msps(self, as_operator, cast, case):
        other = submitted(cast.bluefin.owner, "From Bluefin")
        listed = as_operator.get(page("changelist")).content.decode()
        assert case.number in listed
        assert other.number in listed

    def test_are_submitted_by_the_msps_alone(self, as_operator):
        assert as_operator.get(page("add")).status_code == 403


class TestAnAnswer:
    def test_is_added_mailed_and_noted_in_the_operators_name(self, as_operator, cast, case):
        answer = as_operator.post(page("change", case.pk), {"answer": "Try this:\r\n1. Wait", "becomes": "Answered"})
        assert answer.status_code == 302
        case.refresh_from_db()
        message = case.messages.get()
        assert (message.text, message.author_name, message.is_by_support) == ("Try this:\n1. Wait", "Olive Operator", True)
        assert (case.status, message.status) == (CaseStatus.ANSWERED, CaseStatus.ANSWERED)
        assert OutboxMessage.objects.get().payload["to"] == [cast.northwind.owner.email]
        event = AuditEvent.objects.get(action="accounts.case.answered")
        assert (event.actor_kind, event.actor_name, event.provider_id) == ("operator", "Olive Operator", cast.northwind.pk)
        assert event.details["changes"] == {"status": ["New", "Answered"]}

    def test_may_be_only_another_status(self, as_operator, case):
        as_operator.post(page("change", case.pk), {"answer": "", "becomes": "In Progress"})
        case.refresh_from_db()
        assert (case.status, case.messages.get().text) == (CaseStatus.IN_PROGRESS, "")
        assert OutboxMessage.objects.count() == 0
        assert AuditEvent.objects.get(action="accounts.case.moved_on").actor_name == "Olive Operator"

    def test_that_says_nothing_is_refused_with_words(self, as_operator, case):
        SupportCase.objects.filter(pk=case.pk).update(status=CaseStatus.ANSWERED)
        answer = as_operator.post(page("change", case.pk), {"answer": " ", "becomes": "Answered"})
        assert answer.status_code == 200
        assert "Write an answer, or choose another status." in answer.content.decode()
        assert case.messages.count() == 0

    def test_keeps_what_was_typed_when_the_status_is_none(self, as_operator, case):
        answer = as_operator.post(page("change", case.pk), {"answer": "A long story.", "becomes": "New"})
        assert "A long story." in answer.content.decode()
        assert case.messages.count() == 0


class TestTheConversation:
    def test_is_shown_as_it_was_written_and_runs_nothing(self, as_operator, case):
        as_operator.post(page("change", case.pk), {"answer": "Look at\n<b>this</b>", "becomes": "Answered"})
        shown = as_operator.get(page("change", case.pk)).content.decode()
        assert '<div class="letter">First line\n&lt;script&gt;alert(1)&lt;/script&gt;</div>' in shown
        assert '<div class="letter">Look at\n&lt;b&gt;this&lt;/b&gt;</div>→ Answered' in shown

    def test_says_when_no_mail_reaches_the_reporter(self, as_operator, cast):
        words, reporter = "no longer an administrator there", cast.northwind.by_role[Role.BILLING_ONLY]
        case = submitted(reporter, "Before I go")
        assert words not in as_operator.get(page("change", case.pk)).content.decode()
        reporter.delete()
        assert words in as_operator.get(page("change", case.pk)).content.decode()
