"""`Idempotency-Key`: a POST that a script repeats is done once and answered alike. At once over real HTTP, one after the other without."""

from collections import Counter

import pytest

from accounts.models import AuditEvent, IdempotentAnswer
from tests.api.client import client_of
from tests.api.live import live_client_of

TIMES = 32
ADDED, REFUSED, OTHER = 200, 400, 422
HEADER = "Idempotency-Key"


def ada(name="ada"):
    return {"username": name, "email": f"{name}@acme.example"}


def post(client, body, key=None):
    return client.send("POST", "/systemusers", body, **({HEADER: key} if key else {}))


class TestAPostSentThirtyTwoTimesAtOnce:
    @pytest.fixture
    def at_acme(self, live_portal, northwind, acme):
        return live_client_of(live_portal, northwind).at(acme)

    def test_with_one_key_adds_one_user_and_is_answered_alike(self, committed, at_acme, acme):
        answers = committed.together([lambda: post(at_acme, ada(), "import-row-17")] * TIMES)
        assert Counter(answer.status for answer in answers) == {ADDED: TIMES}
        assert len({answer.body for answer in answers}) == 1
        assert Counter(answer.headers["Idempotent-Replayed"] for answer in answers) == {None: 1, "true": TIMES - 1}
        assert acme.seats.users == 2
        assert AuditEvent.objects.filter(action="usage.user.added").count() == 1

    def test_without_a_key_adds_as_many_as_it_names(self, committed, at_acme, acme):
        """The control: nothing but the header makes one of many."""
        answers = committed.together([lambda n=n: post(at_acme, ada(f"ada{n}")) for n in range(TIMES)])
        assert Counter(answer.status for answer in answers) == {ADDED: TIMES}
        assert acme.seats.users == 1 + TIMES

    def test_without_a_key_is_refused_but_once_for_one_name(self, committed, at_acme, acme):
        answers = committed.together([lambda: post(at_acme, ada())] * TIMES)
        assert Counter(answer.status for answer in answers) == {ADDED: 1, REFUSED: TIMES - 1}
        assert acme.seats.users == 2

    def test_with_as_many_keys_adds_as_many_as_it_names(self, committed, at_acme, acme):
        answers = committed.together([lambda n=n: post(at_acme, ada(f"ada{n}"), f"row-{n}") for n in range(TIMES)])
        assert Counter(answer.status for answer in answers) == {ADDED: TIMES}
        assert acme.seats.users == 1 + TIMES


class TestAKey:
    def test_is_for_one_body(self, at_acme, acme):
        assert post(at_acme, ada(), "k").status_code == ADDED
        answer = post(at_acme, ada("bob"), "k")
        assert answer.status_code == OTHER
        assert answer.json()["message"] == "This Idempotency-Key was used for another request. Use a new one for each act."
        assert acme.seats.users == 2

    def test_is_for_one_organization(self, at_acme, birch):
        assert post(at_acme, ada(), "k").status_code == ADDED
        assert post(at_acme.at(birch), ada(), "k").status_code == OTHER

    def test_of_another_msp_is_another(self, at_acme, cast):
        quartz = client_of(cast.bluefin).at(cast.bluefin.clients[0])
        answers = [post(client, ada(), "k") for client in (at_acme, quartz)]
        assert [answer.status_code for answer in answers] == [ADDED, ADDED]
        assert answers[0].json()["id"] != answers[1].json()["id"]

    def test_does_not_remember_what_was_refused(self, at_acme, acme):
        acme.cap(1)
        assert post(at_acme, ada(), "k").status_code == REFUSED
        assert not IdempotentAnswer.objects.exists()
        acme.cap(2)
        answer = post(at_acme, ada(), "k")
        assert (answer.status_code, answer.has_header("Idempotent-Replayed")) == (ADDED, False)
        assert post(at_acme, ada(), "k").content == answer.content

    def test_answers_still_when_the_user_is_gone(self, at_acme, acme):
        first = post(at_acme, ada(), "k")
        at_acme.send("DELETE", f"/systemusers/{first.json()['id']}")
        again = post(at_acme, ada(), "k")
        assert (again.status_code, again.content) == (ADDED, first.content)
        assert acme.seats.users == 1

    @pytest.mark.parametrize("key", [" ", "a" * 256, "é"])
    def test_that_is_none_is_refused(self, at_acme, acme, key):
        assert post(at_acme, ada(), key).status_code == REFUSED
        assert acme.seats.users == 1

    def test_counts_for_a_post_only(self, at_acme, acme):
        path = f"/systemusers/{acme.user.pk}"
        answers = [at_acme.send("PUT", path, {"lastname": name}, **{HEADER: "k"}) for name in ("Fox", "Ox")]
        assert [answer.json()["lastname"] for answer in answers] == ["Fox", "Ox"]
