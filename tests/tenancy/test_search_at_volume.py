"""Searching inside names among many: through the function the trigram index is used; under the policy it would not be."""

import pytest

from tests import raw
from usage.models import User

MANY = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state)
    select %s, %s, 'person' || g, 'person' || g || '@x.example', 'Ada', 'Byron' || g, 'active' from generate_series(1, 20000) g
"""
SCANS = "select idx_scan from pg_stat_user_indexes where indexrelname = 'user_name_trigrams'"


@pytest.fixture
def crowd(cast, committed):
    """20,000 users at Northwind's first client."""
    acme = cast.northwind.clients[0].organization
    owner = committed.connect("owner", autocommit=True)
    owner.execute(MANY, [cast.northwind.pk, acme.pk])
    owner.execute("vacuum analyze usage_user")
    return owner


def plan_of(connection, statement, values=()):
    return "\n".join(line for (line,) in connection.execute(f"explain {statement}", values))


def scans(connection):
    connection.execute("select pg_stat_clear_snapshot()")
    return connection.execute(SCANS).fetchone()[0]


class TestASearchAmongMany:
    def test_uses_the_trigram_index_through_the_function(self, cast, committed, crowd):
        web = committed.connect("web", autocommit=True)
        before = scans(crowd)
        with raw.scope(web, cast.northwind.pk):
            found = web.execute("select usage_search_users(%s, 'byron19999')", [cast.northwind.pk]).fetchall()
            web.execute("select pg_stat_force_next_flush()")
        web.execute("select 1")
        assert len(found) == 1
        assert scans(crowd) > before

    def test_reads_what_it_found_by_key_and_not_all_of_the_tenant(self, cast, committed, crowd):
        web = committed.connect("web", autocommit=True)
        search, values = User.objects.matching("byron19999", provider_id=cast.northwind.pk).query.sql_with_params()
        joined = "select id from usage_user where id in (select usage_search_users(%s, 'byron19999'))"
        with raw.scope(web, cast.northwind.pk):
            assert "Index Scan using usage_user_pkey" in plan_of(web, search, values)
            assert "usage_user_pkey" not in plan_of(web, joined, [cast.northwind.pk]), "the control: `in` reads them all"

    def test_would_not_under_the_policy(self, cast, committed, crowd):
        """The control: LIKE is not leakproof, so a row is looked at by the policy first."""
        search = "select id from usage_user where folded_name like '%%byron19999%%'"
        assert "user_name_trigrams" in plan_of(crowd, search)
        web = committed.connect("web", autocommit=True)
        with raw.scope(web, cast.northwind.pk):
            assert "user_name_trigrams" not in plan_of(web, search)

    def test_finds_a_percent_sign_and_an_underscore_as_they_are_written(self, cast, committed, crowd):
        web = committed.connect("web", autocommit=True)
        with raw.scope(web, cast.northwind.pk):
            for pattern in ("%", "_", "byron_9999", "\\"):
                assert web.execute("select usage_search_users(%s, %s)", [cast.northwind.pk, pattern]).fetchall() == []

    def test_reads_a_list_by_name_in_the_order_of_its_index(self, cast, committed, crowd):
        web = committed.connect("web", autocommit=True)
        with raw.scope(web, cast.northwind.pk):
            listed = "select * from usage_user where provider_id = %s order by folded_name, id limit 50"
            plan = plan_of(web, listed, [cast.northwind.pk])
        assert "user_by_name" in plan
        assert "Sort" not in plan
