"""Invitations and undone removals at the same instant as what ends them: exactly one comes first, and no seat is given twice.

At a full house, beside every other way in: test_every_way_to_the_last_seat.py.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.core import mail
from django.utils import timezone

from msp_portal.lib import tenancy
from msp_portal.lib.outbox import sweep
from msp_portal.lib.rules import RuleBroken
from tests.cast import client
from usage.actions.expiring_invitations import expire_invitations
from usage.actions.removed_users import restore_user
from usage.actions.user_invitations import accept_invitation, cancel_invitation, invite_user, send_invitation
from usage.actions.users import add_user, remove_user
from usage.bounds import USER_INVITATION_VALID_FOR
from usage.models import RemovedUser, User, UserInvitation

numbers = count(1)


@pytest.fixture
def rounds(full):
    return 200 if full else 8


@pytest.fixture
def house(cast, committed):
    """A house of a cap of two with one user in it."""
    return lambda: client(cast.northwind.provider, f"Way{next(numbers)} House", users=1, user_cap=2)


def within(place, act):
    """What the act in the scope of an administrator came to: "done", or the code of the rule that refused."""
    try:
        with tenancy.scope(place.provider_id, place.reach, place.name):
            act()
    except RuleBroken as rule:
        return rule.code
    return "done"


def accepted(token):
    try:
        accept_invitation(token=token, at=timezone.now())
    except RuleBroken as rule:
        return rule.code
    return "done"


def someone(house):
    return {"organization": house.organization, "user_name": f"u{next(numbers)}", "email": "u@x.example"}


def invited(house, *, at=None):
    """A user invited by the house's administrator, and the token of the link."""
    place, found = house.administrator, []
    with tenancy.scope(place.provider_id, place.reach, place.name):
        found.append(invite_user(**someone(house), by=place, at=at or timezone.now()))
    sweep(lambda: datetime.now(UTC))
    return found[0], re.search(r"/users/invitations/([\w-]{43})/", mail.outbox[-1].body)[1]


def locked(user):
    return User.objects.lock().select_related("organization").filter(pk=user.pk).first()


def accepting(token):
    return lambda: accepted(token)


def cancelling(house, user):
    place = house.administrator
    return lambda: within(place, lambda: cancel_invitation(user=locked(user), by=place, at=timezone.now()))


def sending(house, user):
    """A page that finds no user any more answers 404; here nothing is done."""
    place = house.administrator

    def send():
        if (found := locked(user)) is None:
            raise RuleBroken
        send_invitation(user=found, by=place, at=timezone.now())

    return lambda: within(place, send)


def restoring(house, row):
    place = house.administrator
    return lambda: within(place, lambda: restore_user(removed=row, by=place, at=timezone.now()))


class TestAnAcceptance:
    def test_of_one_link_by_many_is_done_once(self, committed, house, rounds):
        for _ in range(rounds):
            full = house()
            _, token = invited(full)
            assert Counter(committed.together([accepting(token)] * 4)) == {"done": 1, "user_invitation_is_over": 3}
            assert full.seats.users == 2

    def test_or_the_expiry_wins(self, committed, house, rounds):
        """The invitation ends within the hour; the task comes as if the hour were over."""
        late = timezone.now() + timedelta(hours=2)
        for _ in range(rounds):
            full = house()
            user, token = invited(full, at=timezone.now() - USER_INVITATION_VALID_FOR + timedelta(hours=1))
            came, *expired = committed.together([accepting(token), *[lambda: expire_invitations(at=late)] * 2])
            assert sum(expired) == (0 if came == "done" else 1)
            assert User.objects.filter(pk=user.pk, state="active").exists() is (came == "done")
            assert RemovedUser.objects.filter(pk=user.pk).exists() is (came != "done")
            assert full.seats.users == (2 if came == "done" else 1)

    def test_or_the_cancellation_wins(self, committed, house, rounds):
        for _ in range(rounds):
            full = house()
            user, token = invited(full)
            came, cancelled = committed.together([accepting(token), cancelling(full, user)])
            assert [came, cancelled].count("done") == 1
            assert full.seats.users == (2 if came == "done" else 1)

    def test_by_the_former_link_loses_to_a_new_one(self, committed, house, rounds):
        for _ in range(rounds):
            full = house()
            user, token = invited(full)
            came, sent = committed.together([accepting(token), sending(full, user)])
            assert (came, sent) in {("done", "user_not_staged"), ("user_invitation_is_over", "done")}
            assert UserInvitation.objects.filter(organization_id=full.pk, accepted_at=None).exists() is (sent == "done")


class TestANewInvitation:
    def test_or_the_expiry_of_the_former_wins(self, committed, house, rounds):
        """What the expiry read before it had the lock is not what it goes by."""
        for _ in range(rounds):
            full = house()
            user, _ = invited(full, at=timezone.now() - USER_INVITATION_VALID_FOR)
            sent, expired = committed.together([sending(full, user), lambda: expire_invitations(at=timezone.now())])
            assert expired == (0 if sent == "done" else 1)
            assert full.seats.users == (2 if sent == "done" else 1)


class TestARestoration:
    def removed(self, house, number):
        """So many users of the house, removed one after the other."""
        place, gone = house.administrator, []
        for _ in range(number):
            with tenancy.scope(place.provider_id, place.reach, place.name):
                made = add_user(**someone(house), first_name="", last_name="", by=place, at=timezone.now())
                remove_user(user=locked(made), by=place, at=timezone.now())
                gone.append(made.pk)
        return list(RemovedUser.objects.filter(pk__in=gone))

    def test_of_two_at_one_seat_is_done_for_one(self, committed, house, rounds):
        for _ in range(rounds):
            nearly = house()
            calls = [restoring(nearly, row) for row in self.removed(nearly, 2)]
            assert Counter(committed.together(calls)) == {"done": 1, "user_cap_reached": 1}
            assert (nearly.seats.users, User.objects.filter(organization_id=nearly.pk).count()) == (2, 2)
            assert RemovedUser.objects.filter(organization_id=nearly.pk).count() == 1

    def test_of_one_by_many_is_done_once(self, committed, house, rounds):
        for _ in range(rounds):
            roomy = house()
            roomy.cap(None)
            (row,) = self.removed(roomy, 1)
            assert Counter(committed.together([restoring(roomy, row)] * 4)) == {"done": 1, "user_not_removed": 3}
            assert roomy.seats.users == 2
