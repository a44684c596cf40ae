"""The outbox: what was committed is told once, what was not is never told, and nothing is tried for ever."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from msp_portal.lib import nudge, outbox, tenancy
from msp_portal.lib.mailbox import MailboxBackend
from msp_portal.lib.models import MailboxMessage, OutboxMessage

NOW = timezone.now() + timedelta(hours=1)  # later than what the tests write
RESET = {"name": "Ana <Alvarez> & Söhne", "url": "https://portal.example/x?a=1&b=2"}


def sweep(at=NOW):
    return outbox.sweep(lambda: at)


@pytest.fixture(autouse=True)
def no_nudge(monkeypatch):
    """Count the nudges; the broker has nothing to do here."""
    asked = []
    monkeypatch.setattr(nudge, "worker", lambda: asked.append("sweep"))
    return asked


@pytest.fixture
def deliveries(monkeypatch):
    """Deliver messages of kind `test` by noting them; `deliveries.fault` is raised instead when set."""

    class Deliveries(list):
        fault = None

        def deliver(self, payload, key):
            if self.fault:
                raise self.fault
            self.append((payload, key))

    noted = Deliveries()
    monkeypatch.setitem(outbox._deliveries, "test", noted.deliver)
    return noted


def put(number=1, **options):
    outbox.put("test", {"number": number}, **options)
    return OutboxMessage.objects.latest("id")


@pytest.mark.django_db
class TestAMail:
    def test_says_the_same_as_text_and_as_html(self):
        outbox.mail("ana@northwind.example", "password_reset", RESET)
        sweep()
        sent = mail.outbox[0]
        html = sent.alternatives[0].content
        assert (sent.to, sent.subject) == (["ana@northwind.example"], "Choose a new password")
        assert "Ana <Alvarez> & Söhne" in sent.body
        assert "https://portal.example/x?a=1&b=2" in sent.body
        assert "Ana &lt;Alvarez&gt; &amp; Söhne" in html
        assert 'href="https://portal.example/x?a=1&amp;b=2"' in html

    def test_keeps_a_name_with_line_breaks_out_of_the_headers(self):
        outbox.mail("ana@northwind.example", "security_changed", {"what": "A\r\nBcc: evil@example.com"})
        sweep()
        assert mail.outbox[0].subject == "A Bcc: evil@example.com"
        assert mail.outbox[0].recipients() == ["ana@northwind.example"]

    def test_leaves_nothing_to_read_behind(self):
        outbox.mail("ana@northwind.example", "password_reset", RESET)
        sweep()
        message = OutboxMessage.objects.get()
        assert (message.payload, message.sent_at, message.attempts) == ({}, NOW, 1)

    def test_has_the_same_id_at_each_attempt(self):
        outbox.mail("ana@northwind.example", "password_reset", RESET)
        sweep()
        assert mail.outbox[0].extra_headers["Message-ID"] == f"<outbox-{OutboxMessage.objects.get().pk}@portal>"

    def test_lands_in_the_mailbox_where_there_is_no_mail_server(self, settings):
        settings.EMAIL_BACKEND = f"{MailboxBackend.__module__}.{MailboxBackend.__name__}"
        outbox.mail(["ana@northwind.example", "bo@northwind.example"], "password_reset", RESET)
        sweep()
        kept = MailboxMessage.objects.get()
        assert kept.recipients == "ana@northwind.example, bo@northwind.example"
        assert RESET["url"] in kept.text


@pytest.mark.django_db
class TestAMessage:
    def test_is_nudged_after_the_commit_only(self, no_nudge, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            put()
            assert no_nudge == []
        assert no_nudge == ["sweep"]

    def test_of_a_change_that_failed_is_never_told(self, deliveries):
        with suppress(ZeroDivisionError), transaction.atomic():
            put()
            raise ZeroDivisionError
        assert sweep() == 0
        assert deliveries == []

    def test_that_fails_waits_longer_each_time_and_is_parked_after_three(self, deliveries, caplog):
        message = put()
        deliveries.fault = ConnectionRefusedError("no mail server")
        at, attempts = NOW, []
        for _ in range(5):
            sweep(at)
            message.refresh_from_db()
            attempts.append(message.attempts)
            at += timedelta(minutes=1)
            sweep(at - timedelta(seconds=1))
            at += timedelta(minutes=10)
        assert attempts == [1, 2, 3, 3, 3]
        assert message.parked_at is not None
        assert "no mail server" in message.last_error
        assert [record.levelname for record in caplog.records if "outbox.parked" in str(record.msg)] == ["ERROR"]
        assert message.payload == {"number": 1}, "kept, so that a person can send it after all"

    def test_does_not_hold_up_the_others(self, deliveries):
        put(1)
        OutboxMessage.objects.update(kind="unheard of")
        put(2)
        sweep()
        assert [payload["number"] for payload, _ in deliveries] == [2]
        assert OutboxMessage.objects.get(kind="unheard of").last_error == "KeyError('unheard of')"

    def test_counts_as_tried_before_the_work_begins(self, deliveries):
        message = put()
        assert outbox.claim(NOW).pk == message.pk
        message.refresh_from_db()
        assert (message.attempts, message.due_at) == (1, NOW + outbox.LEASE)
        assert outbox.claim(NOW + outbox.LEASE - timedelta(seconds=1)) is None, "the other worker may still be at it"

    def test_that_kills_its_worker_each_time_is_parked(self, deliveries):
        message, at = put(), NOW
        for _ in range(3):
            assert outbox.claim(at) is not None  # and the worker is never heard of again
            at += outbox.LEASE
        assert sweep(at) == 0
        message.refresh_from_db()
        assert (message.attempts, message.parked_at) == (3, at)
        assert deliveries == []

    def test_is_forgotten_a_month_after_it_was_sent_and_not_while_parked(self, deliveries):
        sent, parked = put(1), put(2)
        OutboxMessage.objects.filter(pk=sent.pk).update(sent_at=NOW)
        OutboxMessage.objects.filter(pk=parked.pk).update(parked_at=NOW)
        assert outbox.forget_sent(NOW + timedelta(days=29)) == 0
        assert outbox.forget_sent(NOW + timedelta(days=31)) == 1
        assert OutboxMessage.objects.get() == parked

    def test_is_not_due_before_its_time(self, deliveries):
        put()
        OutboxMessage.objects.update(due_at=NOW + timedelta(minutes=1))
        assert sweep(NOW) == 0
        assert sweep(NOW + timedelta(minutes=1)) == 1


class TestWhoMayDoWhat:
    """As the real logins: whoever changes something may add a message, and only the worker reads any."""

    def test_a_tenant_writes_for_itself_only(self, cast, committed):
        northwind, bluefin = cast.northwind.pk, cast.bluefin.pk
        with tenancy.scope(northwind):
            outbox.put("test", {}, provider_id=northwind)
        with pytest.raises(Exception, match="row-level security"), tenancy.scope(northwind):
            outbox.put("test", {}, provider_id=bluefin)
        with pytest.raises(Exception, match="permission denied"), tenancy.scope(northwind):
            OutboxMessage.objects.count()
        assert OutboxMessage.objects.values_list("provider_id", flat=True).get() == northwind

    def test_the_web_process_writes_for_no_tenant_and_reads_nothing(self, committed):
        web = committed.connect("web", autocommit=True)
        web.execute(outbox.INSERT, [None, "test", "{}"])
        with pytest.raises(Exception, match="permission denied"):
            web.execute("select payload from portal_outboxmessage")
        with pytest.raises(Exception, match="permission denied"):
            web.execute("select text from portal_mailboxmessage")


class TestSeveralWorkersAtOnce:
    def test_tell_each_message_once(self, committed, deliveries):
        for number in range(60):
            put(number)
        made = committed.together([sweep] * 4)
        told = Counter(payload["number"] for payload, _ in deliveries)
        assert sum(made) == 60
        assert told == dict.fromkeys(range(60), 1)

    def test_tell_some_twice_without_the_claim(self, committed, deliveries, monkeypatch):
        for number in range(20):
            put(number)
        monkeypatch.setattr(outbox, "claim", look_without_locking)
        committed.together([sweep] * 4)
        assert len(deliveries) > 20


def look_without_locking(at):
    """The control: take what is due without marking it first."""
    message = OutboxMessage.objects.filter(sent_at=None).order_by("id").first()
    with connection.cursor() as cursor:
        cursor.execute("select pg_sleep(0.01)")
    return message
