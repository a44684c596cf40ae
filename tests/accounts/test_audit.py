"""The audit log cannot be changed, and whoever does it all the same is found."""

import threading
import time

import psycopg
import pytest
from django.core.management import CommandError, call_command

from accounts import audit
from accounts.actions import audit_chain
from accounts.models import AuditChain, AuditEvent
from accounts.tasks import chain_audit_events, log_audit_head


def write(number):
    for place in range(number):
        audit.record(None, f"test.number_{place}", about={"ä": place})


class TestTheChain:
    def test_holds_every_row_in_order(self, db):
        write(5)
        assert (chain_audit_events(), chain_audit_events()) == (5, 0)
        write(2)
        assert chain_audit_events() == 2
        assert (audit_chain.verify().rows, audit_chain.verify().bad) == (7, None)

    def test_waits_for_those_who_write(self, committed, monkeypatch):
        """A smaller number that is committed later must not fall behind the chain."""
        monkeypatch.setattr(audit_chain, "PATIENCE", 0.2)
        late = committed.connect("system")
        insert = "insert into accounts_auditevent (action, outcome, actor_kind, actor_id, actor_name, target_kind, target_id, target_name, details)"
        late.execute(f"{insert} values ('late', 'done', 'system', '', '', '', '', '', '{{}}')")
        write(1)
        assert chain_audit_events() == 0
        late.commit()
        assert chain_audit_events() == 2
        assert audit_chain.verify().bad is None

    def test_goes_on_when_the_writer_ends_meanwhile(self, committed):
        late = committed.connect("system")
        late.execute("lock table accounts_auditevent in row exclusive mode")
        write(1)
        threading.Thread(target=lambda: (time.sleep(0.3), late.commit())).start()
        assert chain_audit_events() == 1

    def test_is_written_by_one_at_a_time(self, committed):
        write(50)
        committed.together([chain_audit_events] * 4)
        assert AuditChain.objects.count() == 50
        assert audit_chain.verify().bad is None

    def test_logs_its_head(self, db):
        assert log_audit_head() == ""
        write(1)
        chain_audit_events()
        link = AuditChain.objects.get()
        assert log_audit_head() == f"{link.event_id}:{bytes(link.digest).hex()}"


class TestTampering:
    @pytest.fixture
    def owner(self, committed):
        write(4)
        chain_audit_events()
        return committed.connect("owner", autocommit=True)

    @pytest.mark.parametrize(
        ("statement", "bad"),
        [
            ("update accounts_auditevent set actor_name = 'someone else' where id = 2", 2),
            ("update accounts_auditevent set details = '{}' where id = 3", 3),
            ("update accounts_auditevent set at = at + interval '1 microsecond' where id = 1", 1),
            ("delete from accounts_auditchain where event_id = 2; delete from accounts_auditevent where id = 2", 3),
            ("delete from accounts_auditchain where event_id = 2", 2),
        ],
    )
    def test_is_found_at_the_first_bad_row(self, owner, statement, bad):
        assert audit_chain.verify().bad is None
        owner.execute(statement)
        assert audit_chain.verify().bad == bad
        with pytest.raises(CommandError, match=f"Event {bad} was"):
            call_command("verify_audit")

    def test_is_found_by_the_logged_head_when_the_chain_was_made_anew(self, owner, capsys):
        head = log_audit_head()
        call_command("verify_audit", head=head)
        owner.execute("delete from accounts_auditchain; update accounts_auditevent set actor_name = 'someone else' where id = 2")
        chain_audit_events()
        call_command("verify_audit")
        with pytest.raises(CommandError, match="it was rewritten"):
            call_command("verify_audit", head=head)

    @pytest.mark.parametrize("login", ["web", "system"])
    @pytest.mark.parametrize("statement", ["update accounts_auditevent set action = 'x'", "delete from accounts_auditevent"])
    def test_is_nothing_that_the_portals_logins_can_do(self, committed, login, statement):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            committed.connect(login).execute(statement)

    def test_keeps_the_chain_from_the_public_process(self, committed):
        for role in ("portal_web", "portal_tenant"):
            web = committed.connect("web")
            web.execute(f"set local role {role}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("insert into accounts_auditchain (event_id, digest) values (1, '')")


def test_an_event_reads_back_as_it_was_chained(db):
    write(1)
    event = AuditEvent.objects.get()
    assert audit_chain.digest_of(b"", event) == audit_chain.digest_of(b"", AuditEvent.objects.get(pk=event.pk))
