"""Every way to gain a seat at the same instant, at a house with one seat left and at a full one; whoever has his seat already is let in."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, count

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import raw
from tests.cast import Client, client, user
from tests.races import ways_in
from tests.races.test_the_last_seat import GATE_WITHOUT_LOCK
from tests.races.ways_in import IN, PAST_THE_DOORS, REFUSED, THROUGH_A_DOOR
from tests.services import databases
from usage.models import User, UserInvitation

CAP = 3
# An organization takes one file at a time.
WITH_FILE = [*THROUGH_A_DOOR, ways_in.by_file, *PAST_THE_DOORS]
WITH_COMMAND = [*THROUGH_A_DOOR, ways_in.by_command, *PAST_THE_DOORS]
OVERSOLD_WITHIN = 40  # rounds
LEDGER = "select delta, count_after from usage_seatevent where organization_id = %s and kind = 'user' order by id"
NOTED = "select count(*) from accounts_auditevent where organization_id = %s and action = 'refused.user_cap_reached'"
numbers = count(1)


@pytest.fixture
def rounds(full):
    return 200 if full else 3


@pytest.fixture
def stage(cast, committed, live_portal, live_operators, tmp_path):
    return ways_in.stage_of(cast.northwind, committed, live_portal, live_operators, tmp_path)


@pytest.fixture
def watcher(committed):
    return committed.connect("system", autocommit=True)


@dataclass
class House:
    """A client of a cap of three. One of its users is suspended and one was invited; another was removed before it filled."""

    client: Client
    suspended: User
    invited: User
    token: str


def house_of(msp, *, seats_left):
    now, made = timezone.now(), client(msp.provider, f"House{next(numbers)} of Ways", users=CAP - 1 - seats_left)
    made.user.suspend(at=now)
    invited = user(made.organization, "invited", state=User.State.STAGED)
    invitation = UserInvitation(
        provider_id=msp.pk, organization_id=made.pk, user=invited, email=invited.email, invited_by=msp.owner
    )
    token = invitation.renew(by_name=msp.owner.name, at=now)
    invitation.save(force_insert=True)
    ways_in.take_out(user(made.organization, "gone"))
    made.cap(CAP)
    return House(made, made.user, invited, token)


def coming_back(stage, house):
    """The two who have a seat: the one suspended is reactivated, the one invited accepts."""
    reactivation = reverse("organization-user-reactivation", args=[house.client.pk, house.suspended.pk])
    acceptance = reverse("user-invitation-accept", args=[house.token])
    return [lambda: stage.portal.post(reactivation)[0], lambda: stage.portal.post(acceptance)[0]]


def race(committed, stage, house, ways):
    """What each of the ways came to, and the two who came back."""
    calls = [way(stage, house.client) for way in ways] + coming_back(stage, house)
    *answers, reactivated, accepted = committed.together(calls)
    assert (reactivated, accepted) == (303, 200)
    assert {house.suspended.pk, house.invited.pk} <= set(User.objects.filter(state="active").values_list("pk", flat=True))
    return answers


def expect_all_adds_up(watcher, house, users, refused):
    """Counter and rows agree, the ledger leads to them step by step, and each door's refusal is in the audit log."""
    assert raw.counted(watcher, house) == (users, users)
    deltas, counts = zip(*watcher.execute(LEDGER, [house.pk]).fetchall(), strict=True)
    assert list(accumulate(deltas)) == list(counts)
    assert counts[-1] == users
    assert watcher.execute(NOTED, [house.pk]).fetchone() == (refused,)


class TestEveryWay:
    @pytest.mark.parametrize("ways", [WITH_FILE, WITH_COMMAND, THROUGH_A_DOOR], ids=["file", "command", "doors"])
    def test_to_the_last_seat_leads_one_of_all(self, committed, cast, stage, watcher, ways, rounds):
        """Plain SQL is nearly always the first, so the doors race among themselves, too."""
        winners = Counter()
        for _ in range(rounds):
            house = house_of(cast.northwind, seats_left=1)
            answers = race(committed, stage, house, ways)
            assert Counter(answers) == {IN: 1, REFUSED: len(ways) - 1}
            winner = ways[answers.index(IN)]
            winners[winner.__name__] += 1
            expect_all_adds_up(watcher, house.client, CAP, refused=len({*ways} - {*PAST_THE_DOORS, winner}))
        print(f"{rounds} rounds of {len(ways)} ways, none over; who had the last seat: {dict(winners)}")

    @pytest.mark.parametrize("ways", [WITH_FILE, WITH_COMMAND], ids=["file", "command"])
    def test_into_a_full_house_leads_nobody(self, committed, cast, stage, watcher, ways, rounds):
        for _ in range(rounds):
            house = house_of(cast.northwind, seats_left=0)
            assert Counter(race(committed, stage, house, ways)) == {REFUSED: len(ways)}
            expect_all_adds_up(watcher, house.client, CAP, refused=len({*ways} - {*PAST_THE_DOORS}))

    def test_leads_in_while_there_is_a_seat(self, cast, stage, watcher):
        """The control: nothing but the cap stands in anyone's way."""
        for way in {*WITH_FILE, *WITH_COMMAND}:
            house = house_of(cast.northwind, seats_left=1)
            assert way(stage, house.client)() == IN, way.__name__
            expect_all_adds_up(watcher, house.client, CAP, refused=0)

    def test_together_oversells_without_the_lock(self, committed, cast, stage, watcher):
        """The control: the same race can go wrong, and would be seen."""
        committed.connect("owner", autocommit=True).execute(GATE_WITHOUT_LOCK)

        def sold():
            house = house_of(cast.northwind, seats_left=1)
            race(committed, stage, house, WITH_FILE)
            return raw.counted(watcher, house.client)[1]

        assert any(sold() > CAP for _ in range(OVERSOLD_WITHIN))


@pytest.mark.full
class TestTheCommand:
    def test_as_a_process_of_its_own_ends_with_1_at_a_full_house(self, committed, cast, watcher, tmp_path):
        house = house_of(cast.northwind, seats_left=0).client
        path = tmp_path / "people.csv"
        path.write_text(ways_in.written_file())
        command = [sys.executable, databases.ROOT / "manage.py", "import_users", house.pk, path, "--add"]
        environment = {**os.environ, **committed.environment, "PORTAL_LOGIN": "system", "LOG_LEVEL": "ERROR"}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (1, "Fits 0 of 1.\n")
        assert "All 3 seats are taken. Nobody was added." in ended.stderr
        expect_all_adds_up(watcher, house, CAP, refused=1)
