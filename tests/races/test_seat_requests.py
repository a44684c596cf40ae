"""Who answers one request at the same instant: one is done, the others are told who did what, and the cap is raised once."""

from collections import Counter

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken
from tests.walks.stage import ask_for_seats
from usage.actions.seat_requests import ask_for_seats as ask
from usage.actions.seat_requests import decline_seats, grant_seats, withdraw_request
from usage.models import SeatRequest


@pytest.fixture
def acme(cast, committed):
    client = cast.northwind.clients[0]
    client.cap(1)
    return client


@pytest.fixture
def asked(acme):
    return ask_for_seats(acme, seats=5)


def tried(place, act, **arguments):
    """ "done", or the words of the refusal."""
    try:
        with tenancy.scope(place.provider_id, place.reach, place.name):
            act(**arguments, by=place, at=timezone.now())
    except RuleBroken as rule:
        return str(rule)
    return "done"


class TestOneRequest:
    def test_granted_by_many_at_once_is_granted_once(self, committed, cast, acme, asked):
        owner = cast.northwind.owner
        calls = [lambda n=n: tried(owner, grant_seats, request=asked, seats=n, seen_cap=1) for n in (5, 3, 2, 1)]
        found = committed.together(calls)
        asked.refresh_from_db()
        granted = asked.granted_seats
        told = f"Meanwhile {owner.name} granted {granted} of the 5 seats. Nothing more was done."
        assert Counter(found) == {"done": 1, told: 3}
        assert acme.seats.user_cap == 1 + granted

    def test_answered_in_every_way_at_once_has_one_answer(self, committed, cast, acme, asked):
        owner = cast.northwind.owner
        found = committed.together(
            [
                lambda: tried(owner, grant_seats, request=asked, seats=5, seen_cap=1),
                lambda: tried(owner, decline_seats, request=asked, answer="No."),
                lambda: tried(acme.administrator, withdraw_request, request=asked),
            ]
        )
        assert found.count("done") == 1
        asked.refresh_from_db()
        assert acme.seats.user_cap == (6 if asked.state == "granted" else 1)
        assert all(f"Meanwhile {asked.decided_by_name}" in words for words in found if words != "done")

    def test_is_the_only_open_one_however_many_ask(self, committed, acme):
        call = {"organization": acme.organization, "seats": 2, "reason": "More", "until": None}
        found = committed.together([lambda: tried(acme.administrator, ask, **call)] * 4)
        assert found.count("done") == 1
        assert SeatRequest.objects.count() == 1


class TestTheDatabaseAlone:
    def test_holds_one_open_request_an_organization(self, acme, asked):
        with pytest.raises(IntegrityError, match="one_open_seat_request"):
            ask_for_seats(acme)

    def test_lets_a_client_s_administrator_grant_nothing(self, acme, asked):
        place = acme.administrator
        with pytest.raises(DatabaseError, match="row-level security"), tenancy.scope(place.provider_id, place.reach):
            asked.decide(SeatRequest.State.GRANTED, granted_seats=5, by_name="me", at=timezone.now())
        with tenancy.scope(place.provider_id, place.reach):
            asked.decide(SeatRequest.State.WITHDRAWN, by_name="me", at=timezone.now())

    def test_keeps_what_was_answered(self, cast, asked):
        with tenancy.scope(cast.northwind.pk):
            asked.decide(SeatRequest.State.DECLINED, answer="No.", by_name="one", at=timezone.now())
        with pytest.raises(DatabaseError), tenancy.scope(cast.northwind.pk):
            asked.decide(SeatRequest.State.GRANTED, granted_seats=5, by_name="other", at=timezone.now())
        assert SeatRequest.objects.get().state == "declined"

    def test_shows_a_client_no_other_s(self, cast, asked):
        other = cast.northwind.clients[1].administrator
        with tenancy.scope(other.provider_id, other.reach):
            assert not SeatRequest.objects.exists()
        with tenancy.scope(cast.bluefin.pk):
            assert not SeatRequest.objects.exists()
        with transaction.atomic():
            assert SeatRequest.objects.count() == 1
