"""The small parts of the set-up: ports, secrets, the lock, the packages' stamp."""

import json
import socket
import stat

import pytest

from setup import own_secrets, packages, ports, postgres, running, sample, stand_in
from setup.say import Refusal


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_left_for_a_free_one(taken_port):
    assert not ports.is_free(taken_port)
    assert ports.preferred_or_free(taken_port) != taken_port


def test_a_free_port_is_kept():
    port = ports.any_free()
    assert ports.preferred_or_free(port) == port


def test_secrets_stay_the_same_and_private(tmp_path):
    file = tmp_path / "secrets.json"
    made = own_secrets.kept_in(file)
    assert own_secrets.kept_in(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(made.pepper)) == 32
    assert own_secrets.new() != made


def test_a_secret_that_an_older_file_lacks_is_added_and_kept(tmp_path):
    file = tmp_path / "secrets.json"
    made = own_secrets.kept_in(file)
    older = {name: value for name, value in json.loads(file.read_text()).items() if name != "payment_key"}
    file.write_text(json.dumps(older))
    mended = own_secrets.kept_in(file)
    assert (mended.pepper, mended.payment_key != made.payment_key) == (made.pepper, True)
    assert own_secrets.kept_in(file) == mended


@pytest.mark.parametrize(("name", "value", "wanted"), [("PSP_SECRET_KEY", "sk_live_x", False), ("PSP_SECRET_KEY", "", True)])
def test_the_stand_in_runs_only_without_a_real_payment_provider(monkeypatch, name, value, wanted):
    monkeypatch.setenv(name, value)
    assert stand_in.is_wanted() is wanted


def test_two_demos_of_one_clone_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "LOCK", tmp_path / "demo.lock")
    assert running.holder() is None
    with running.take_lock(), pytest.raises(Refusal, match="runs already"):
        running.take_lock()
    assert running.holder() is None


def test_a_changed_lock_asks_for_packages_again(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "REQUIREMENTS", tmp_path)
    lock = tmp_path / "dev.lock"
    lock.write_text("django==5.2.0")
    before = packages.fingerprint("dev")
    lock.write_text("django==5.2.1")
    assert packages.fingerprint("dev") != before


def test_postgres_sorts_bytewise_and_folds_all_letters_on_every_version():
    assert postgres.locale_options(15) == ["--locale=C.UTF-8"]
    assert "--builtin-locale=C.UTF-8" in postgres.locale_options(18)


class TestWhatTheSampleDataTold:
    def test_is_the_last_line(self):
        told = sample.told_by('loading…\n{"providers": [{"id": "1"}], "logins": [{"email": "a"}]}\n')
        assert told == {"providers": [{"id": "1"}], "logins": [{"email": "a"}]}

    def test_is_nothing_when_the_database_held_data(self):
        assert sample.told_by("The database holds data already.\n") == {"providers": [], "logins": []}

    def test_is_shown_as_aligned_columns(self):
        login = {
            "email": "ada@northwind.example",
            "password": "pw",
            "role": "Manager",
            "provider": "Northwind",
            "organization": None,
        }
        head, row = sample.table([login])
        assert head.index("Email") == row.index("ada@")


def test_a_failed_command_is_told_by_its_exception():
    said = 'Traceback:\n  File "x.py", line 1\n    boom()\nValueError: no such thing\nDETAIL: look again\n'
    assert sample.reason(said) == "ValueError: no such thing | DETAIL: look again"


def test_a_given_database_is_told_by_its_place_and_our_own_by_name(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_ADMIN_URL", raising=False)
    assert sample.place_of({"DATABASE_URL": "postgresql://portal_web:x@127.0.0.1:5/portal"}) == "our own"
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@db:5/portal")
    assert sample.place_of({"DATABASE_URL": "postgresql://portal_web:x@db:5/portal"}) == "db:5/portal"
