"""The counters carry their organization's name and end. The database copies both in the transaction of the original."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.usage.history import new_organization, new_provider
from usage.models import Seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return new_organization(new_provider(), "Ácme Dental")


def copied(organization):
    seats = Seats.objects.get(pk=organization.pk)
    return seats.name, seats.folded_name, seats.closed_at


class TestTheCopy:
    def test_is_there_from_the_first_instant(self, acme):
        assert copied(acme) == ("Ácme Dental", "acme dental", None)

    def test_follows_a_new_name(self, acme):
        acme.name = "Ünit Care"
        acme.save(update_fields=["name"])
        assert copied(acme) == ("Ünit Care", "unit care", None)

    def test_follows_raw_sql(self, acme):
        with connection.cursor() as cursor:
            cursor.execute("update accounts_organization set name = 'Raw Food' where id = %s", [acme.pk])
        assert copied(acme)[:2] == ("Raw Food", "raw food")

    def test_follows_the_end_and_a_new_beginning(self, acme):
        at = timezone.now()
        acme.close(at=at)
        assert copied(acme)[2] == at
        acme.closed_at = None
        acme.save(update_fields=["closed_at"])
        assert copied(acme)[2] is None

    def test_is_not_for_a_role_of_the_portal_to_write(self, acme):
        for column in ("name", "folded_name", "closed_at"):
            with connection.cursor() as cursor:
                cursor.execute("select has_column_privilege('portal_tenant', 'usage_seats', %s, 'update')", [column])
                assert cursor.fetchone() == (False,)
                cursor.execute("select has_column_privilege('portal_system', 'usage_seats', %s, 'update')", [column])
                assert cursor.fetchone() == (False,)
                cursor.execute("select has_column_privilege('portal_tenant', 'usage_seats', 'user_cap', 'update')")
                assert cursor.fetchone() == (True,), "the control"

    def test_falls_with_the_transaction_of_the_original(self, acme):
        with transaction.atomic():
            type(acme).objects.filter(pk=acme.pk).update(name="Cedar Law")
            assert copied(acme)[0] == "Cedar Law"
            transaction.set_rollback(True)
        assert copied(acme)[0] == "Ácme Dental"

    def test_leaves_others_alone(self, acme):
        other = new_organization(acme.provider, "Birch Legal")
        acme.name = "Cedar Law"
        acme.save(update_fields=["name"])
        assert copied(other)[0] == "Birch Legal"
