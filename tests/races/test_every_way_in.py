"""Whatever the way in, the gate of the database counts and refuses; nothing here is a race, all of it is what a race relies on."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Provider
from tests import raw
from tests.cast import client, user
from usage.models import Device, SeatEvent, User


def users_of(house):
    return User.objects.filter(organization_id=house.pk).count()


def unsaved(house, number):
    names = [f"new{place}" for place in range(number)]
    return [
        User(
            provider_id=house.organization.provider_id, organization=house.organization, user_name=name, email=f"{name}@x.example"
        )
        for name in names
    ]


def refused(call):
    """The SQLSTATE that Django's own exception carries, in a savepoint; None when the call goes through."""
    try:
        with transaction.atomic():
            call()
    except DatabaseError as refusal:
        return refusal.__cause__.sqlstate
    return None


def move(users, target):
    with connection.cursor() as cursor:
        cursor.execute("select usage_move_users(%s, %s)", [[one.pk for one in users], target.pk])
        return cursor.fetchone()[0]


@pytest.fixture
def full(cast):
    """Two users of two."""
    return client(cast.northwind.provider, "Full House", users=2, user_cap=2)


@pytest.fixture
def roomy(cast):
    """Two users and no cap."""
    return client(cast.northwind.provider, "Roomy House", users=2)


class TestAFullHouse:
    def test_refuses_one_more(self, full):
        assert refused(lambda: user(full.organization, "third")) == raw.CAP_REACHED
        assert (users_of(full), full.seats.users) == (2, 2)

    def test_refuses_get_or_create_loudly(self, full):
        """An IntegrityError would vanish there: it would look for the row that someone else must have made."""

        def get_or_create():
            User.objects.get_or_create(
                organization=full.organization, user_name="third", defaults={"provider_id": full.organization.provider_id}
            )

        assert refused(get_or_create) == raw.CAP_REACHED

    def test_refuses_a_user_who_moves_in(self, full, roomy):
        assert refused(lambda: move([roomy.user], full)) == raw.CAP_REACHED
        assert (roomy.seats.users, full.seats.users) == (2, 2)

    def test_keeps_suspended_users_seats(self, full):
        full.user.suspend(at=timezone.now())
        assert refused(lambda: user(full.organization, "third")) == raw.CAP_REACHED

    def test_takes_suspended_users_back(self, full):
        full.user.suspend(at=timezone.now())
        assert refused(full.user.activate) is None
        assert full.seats.users == 2

    def test_has_a_seat_again_when_one_leaves(self, full):
        full.user.delete()
        assert refused(lambda: user(full.organization, "third")) is None
        assert (users_of(full), full.seats.users) == (2, 2)

    def test_takes_devices(self, full):
        Device.objects.create(provider_id=full.organization.provider_id, organization=full.organization, name="pc1")
        assert (full.seats.users, full.seats.devices) == (2, 1)

    def test_stays_shut_while_its_cap_lies_below_its_count(self, roomy):
        roomy.cap(1)
        assert refused(lambda: user(roomy.organization, "third")) == raw.CAP_REACHED
        roomy.user.delete()
        assert refused(lambda: user(roomy.organization, "third")) == raw.CAP_REACHED


class TestManyAtOnce:
    def test_are_refused_whole(self, cast):
        house = client(cast.northwind.provider, "Nearly Full", users=2, user_cap=5)
        assert refused(lambda: User.objects.bulk_create(unsaved(house, 4))) == raw.CAP_REACHED
        assert (users_of(house), house.seats.users) == (2, 2)

    def test_fit_exactly(self, cast):
        house = client(cast.northwind.provider, "Nearly Full", users=2, user_cap=5)
        User.objects.bulk_create(unsaved(house, 3))
        assert (house.seats.users, house.seats.users_mark) == (5, 5)

    def test_over_several_houses_are_refused_when_one_is_full(self, full, roomy):
        both = unsaved(roomy, 2) + unsaved(full, 1)
        assert refused(lambda: User.objects.bulk_create(both)) == raw.CAP_REACHED
        assert (roomy.seats.users, full.seats.users) == (2, 2)

    def test_over_several_houses_are_counted_each(self, roomy, cast):
        other = client(cast.northwind.provider, "Other House", users=0)
        User.objects.bulk_create(unsaved(roomy, 3) + unsaved(other, 2))
        assert (roomy.seats.users, other.seats.users) == (5, 2)
        ledger = SeatEvent.objects.filter(organization_id=roomy.pk).order_by("id").values_list("count_after", flat=True)
        assert list(ledger) == [1, 2, 3, 4, 5]

    def test_that_exist_already_take_no_seat(self, roomy):
        again = unsaved(roomy, 2)
        User.objects.bulk_create(again)
        User.objects.bulk_create(unsaved(roomy, 3), ignore_conflicts=True)
        assert (users_of(roomy), roomy.seats.users) == (5, 5)

    def test_of_none_are_nothing(self, roomy):
        raw_sql("insert into usage_user (provider_id, organization_id, user_name) select '', '', '' where false")
        raw_sql("delete from usage_user where false")
        assert roomy.seats.users == 2

    def test_are_forgotten_when_their_savepoint_is(self, roomy):
        with transaction.atomic():
            User.objects.bulk_create(unsaved(roomy, 4))
            assert roomy.seats.users == 6
            transaction.set_rollback(True)
        assert (users_of(roomy), roomy.seats.users, roomy.seats.users_mark) == (2, 2, 2)


class TestAMove:
    def test_takes_a_seat_and_frees_one(self, roomy, cast):
        target = client(cast.northwind.provider, "Target House", users=0, user_cap=1)
        assert move([roomy.user], target) == 1
        assert (roomy.seats.users, target.seats.users) == (1, 1)
        lines = (
            SeatEvent.objects.filter(subject_id=roomy.user.pk).order_by("id").values_list("organization", "delta", "count_after")
        )
        assert list(lines)[1:] == [(roomy.pk, -1, 1), (target.pk, 1, 1)]

    def test_to_another_msp_is_refused(self, roomy, cast):
        assert move([roomy.user], cast.bluefin.clients[0]) == 0
        assert roomy.seats.users == 2


class TestWhatTakesNobody:
    def test_a_closed_house(self, cast):
        house = client(cast.northwind.provider, "Closed House", users=0)
        house.organization.close(at=timezone.now())
        assert refused(lambda: user(house.organization, "late")) == raw.CLOSED
        device = Device(provider_id=house.organization.provider_id, organization=house.organization, name="pc1")
        assert refused(device.save) == raw.CLOSED

    def test_a_house_that_is_not_empty_is_not_closed(self, roomy):
        assert refused(lambda: roomy.organization.close(at=timezone.now())) == raw.NOT_EMPTY

    def test_a_suspended_msp_gets_no_users_and_keeps_working(self, cast):
        acme = cast.northwind.clients[0]
        Provider.objects.filter(pk=cast.northwind.pk).update(suspended_at=timezone.now())
        assert refused(lambda: user(acme.organization, "late")) == raw.SUSPENDED
        Device.objects.create(provider_id=acme.organization.provider_id, organization=acme.organization, name="pc1")
        acme.user.delete()
        assert (acme.seats.users, acme.seats.devices) == (0, 1)


def raw_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
