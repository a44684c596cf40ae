"""The conversation about a support case: replies, answers, closing and reopening, and the mails both ways."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.actions.cases import answer_case, close_case, reply_to_case
from accounts.bounds import CASE_TEXT_LONGEST
from accounts.case_choices import WHAT_NEXT, CaseStatus
from accounts.models import AuditEvent, Person, SupportMessage
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from tests.accounts.test_cases import body, mails, path
from tests.cast import case as submitted
from tests.cast import sign_in

HOSTILE = "<script>alert(1)</script>\n  {{ 7 }} &amp;"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;\n  {{ 7 }} &amp;amp;"


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(northwind, client):
    return sign_in(client, northwind.owner)


@pytest.fixture
def operator(db):
    return Person.objects.create(email="olive@portal.example", first_name="Olive", last_name="Operator")


@pytest.fixture
def case(northwind):
    return submitted(northwind.owner, "Sign-in fails")


def stands(case):
    case.refresh_from_db()
    return case.status


def say(case, operator, text="Try again.", status=CaseStatus.ANSWERED):
    return answer_case(text=text, status=status, case=case, by=operator, at=timezone.now())


class TestTheConversation:
    def test_shows_what_was_written_as_it_was_written(self, owner, northwind, operator):
        case = submitted(northwind.owner, "<b>bold</b>", description=HOSTILE)
        say(case, operator, HOSTILE)
        shown = body(owner.get(path(case)))
        assert shown.count(f'<p class="written">{ESCAPED}</p>') == 2
        assert "<h1>&lt;b&gt;bold&lt;/b&gt;</h1>" in shown
        assert "<script>alert" not in shown

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (CaseStatus.NEW, CaseStatus.NEW),
            (CaseStatus.IN_PROGRESS, CaseStatus.IN_PROGRESS),
            (CaseStatus.ANSWERED, CaseStatus.IN_PROGRESS),
            (CaseStatus.SOLVED, CaseStatus.IN_PROGRESS),
            (CaseStatus.CLOSED, CaseStatus.IN_PROGRESS),
        ],
    )
    def test_goes_on_with_a_reply_that_support_is_told_of(self, owner, northwind, operator, case, before, after):
        if before != CaseStatus.NEW:
            say(case, operator, status=before)
        answer = owner.post(path(case, "messages/"), {"text": "Still the same.\r\nLook."})
        assert (answer.status_code, stands(case)) == (303, after)
        last = case.messages.latest("at")
        assert (last.text, last.status, last.author, last.author_name) == (
            *("Still the same.\nLook.", after, SupportMessage.Author.ADMINISTRATOR, northwind.owner.name),
        )
        told = mails()[settings.SUPPORT_EMAIL]
        assert f"{northwind.owner.name} replied." in told["text"]
        assert "Still the same.\nLook." in told["text"]
        assert AuditEvent.objects.filter(action="accounts.case.replied").count() == 1

    def test_puts_a_turn_that_waited_for_another_after_it(self, northwind, operator, case):
        say(case, operator, "First.")
        reply_to_case(text="Second.", case=case, by=northwind.owner, at=timezone.now() - timedelta(minutes=1))
        assert [turn.text for turn in case.messages.as_conversation()] == ["First.", "Second."]

    def test_answers_htmx_with_the_conversation_alone(self, owner, case):
        answer = owner.post(path(case, "messages/"), {"text": "More."}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (200, "#case")
        assert body(answer).strip().startswith('<div id="case"')
        assert "More." in body(answer)

    @pytest.mark.parametrize("text", ["", " \n ", "x" * (CASE_TEXT_LONGEST + 1)])
    def test_takes_no_reply_that_says_nothing_or_too_much(self, owner, case, text):
        answer = owner.post(path(case, "messages/"), {"text": text})
        assert (answer.status_code, case.messages.count(), OutboxMessage.objects.count()) == (422, 0, 0)
        assert list(answer.context["form"].errors) == ["text"]
        assert text in body(answer)

    def test_is_closed_and_reopened(self, owner, case):
        owner.post(path(case, "closure/"))
        assert stands(case) == CaseStatus.CLOSED
        assert OutboxMessage.objects.count() == 0, "nobody has to do anything"
        assert "Reopen case" in body(owner.get(path(case)))
        owner.post(path(case, "reopening/"))
        assert stands(case) == CaseStatus.IN_PROGRESS
        assert "reopened the case." in mails()[settings.SUPPORT_EMAIL]["text"]
        acts = AuditEvent.objects.filter(action__startswith="accounts.case.").order_by("pk").values_list("action", flat=True)
        assert [act.removeprefix("accounts.case.") for act in acts] == ["submitted", "closed", "reopened"]

    @pytest.mark.parametrize(("noun", "code"), [("closure/", "case_is_closed"), ("reopening/", "case_is_open")])
    def test_says_that_someone_was_faster(self, owner, northwind, case, noun, code):
        if noun == "closure/":
            close_case(case=case, by=northwind.owner, at=timezone.now())
        before = stands(case)
        answer = owner.post(path(case, noun))
        assert (answer.status_code, stands(case)) == (422, before)
        assert "this case meanwhile." in body(answer)
        assert AuditEvent.objects.get(action=f"refused.{code}").outcome == "refused"

    @pytest.mark.parametrize("status", CaseStatus)
    def test_says_whose_turn_it_is(self, owner, operator, case, status):
        if status != CaseStatus.NEW:
            say(case, operator, status=status)
        assert str(WHAT_NEXT[status]) in body(owner.get(path(case)))

    def test_is_read_by_who_only_reads(self, northwind, case, client):
        browser = sign_in(client, northwind.by_role[Role.READ_ONLY])
        shown = body(browser.get(path(case)))
        assert case.subject in shown
        assert "<textarea" not in shown
        for noun in ("messages/", "closure/", "reopening/"):
            assert browser.post(path(case, noun), {"text": "Hello"}).status_code == 403

    def test_is_no_such_thing_to_others(self, cast, northwind, case, client):
        for stranger in (cast.bluefin.owner, northwind.limited):
            browser = sign_in(client, stranger)
            assert browser.get(path(case)).status_code == 404
            assert browser.post(path(case, "messages/"), {"text": "Hello"}).status_code == 404
        assert sign_in(client, northwind.clients[0].administrator).get(path(case)).status_code == 403


class TestAnAnswer:
    def test_is_mailed_to_the_reporter(self, northwind, operator, case):
        say(case, operator, HOSTILE)
        sent = mails()[northwind.owner.email]
        assert sent["subject"] == f"[{case.number}] Sign-in fails"
        assert HOSTILE in sent["text"]
        assert "Olive Operator of support has answered" in sent["text"]
        assert "<script>" not in sent["html"]
        assert f"{settings.PORTAL_URL}{path(case)}" in sent["text"]

    def test_is_not_mailed_to_one_who_was_suspended_or_has_left(self, northwind, operator):
        reporter = northwind.by_role[Role.BILLING_ONLY]
        case = submitted(reporter, "Before I go")
        reporter.suspend(at=timezone.now())
        say(case, operator)
        assert mails() == {}
        reporter.delete()
        case.refresh_from_db()
        assert (case.reporter, case.reporter_name) == (None, "Billing Billing Only")
        say(case, operator)
        assert mails() == {}
