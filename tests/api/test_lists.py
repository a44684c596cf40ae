"""Lists of the JSON API: fields, filter, sort, limit, skip, envelope and headers, shown with the organizations."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization

LIST = "/v2/providers/{provider}/organizations"


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def message(answer):
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert (body["code"], body["status"]) == (400, "Bad Request")
    return body["message"]


@pytest.fixture
def seven(northwind):
    """Acme Dental and Birch Legal of the cast, and five more."""
    for name in ("Cedar, Inc", "alder", "Élan", "Dune 100%", "Oak|Ash"):
        Organization.objects.create(provider=northwind.provider, name=name)
    return northwind


class TestAList:
    def test_tells_each_organization_and_how_many_there_are(self, api, northwind):
        acme, birch = northwind.clients
        acme.cap(50)
        assert api.get(LIST).json() == {
            "results": [
                {"id": acme.pk, "_id": acme.pk, "name": "Acme Dental", "maxSystemUsers": 50},
                {"id": birch.pk, "_id": birch.pk, "name": "Birch Legal"},
            ],
            "totalCount": 2,
        }

    def test_is_answered_with_a_slash_and_without(self, api):
        assert api.get(f"{LIST}/").json() == api.get(LIST).json()

    def test_counts_all_that_match_beyond_the_page(self, api, seven):
        answer = api.get(f"{LIST}?limit=3&skip=3&sort=name")
        assert (len(answer.json()["results"]), answer.json()["totalCount"], answer["x-total-count"]) == (3, 7, "7")

    def test_leads_to_the_next_and_the_previous_page(self, api, seven):
        path = f"http://testserver/api/v2/providers/{seven.pk}/organizations"
        answer = api.get(f"{LIST}?skip=3&limit=3&sort=name")
        assert answer["Link"] == f'<{path}?sort=name&limit=3&skip=6>; rel="next", <{path}?sort=name&limit=3&skip=0>; rel="prev"'
        assert "Link" not in api.get(f"{LIST}?limit=100")

    def test_that_just_fits_has_no_further_page(self, api, northwind):
        answer = api.get(f"{LIST}?limit=2")
        assert (len(answer.json()["results"]), answer.json()["totalCount"], "Link" in answer) == (2, 2, False)

    @pytest.mark.parametrize(("limit", "statements"), [(2, 2), (1, 3)])
    def test_is_counted_only_when_there_is_a_further_page(self, api, northwind, limit, statements):
        """The key's check, the rows, and the count if need be."""
        api.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            assert api.get(f"{LIST}?limit={limit}").json()["totalCount"] == 2
        selects = [one["sql"] for one in asked if one["sql"].lower().startswith("select") and "set_config" not in one["sql"]]
        assert len(selects) == statements

    def test_knows_how_many_there_are_past_the_end(self, api, seven):
        answer = api.get(f"{LIST}?skip=50")
        assert answer.json() == {"results": [], "totalCount": 7}


class TestLimitAndSkip:
    def test_give_ten_rows_unless_told_otherwise(self, api, seven):
        for number in range(8):
            Organization.objects.create(provider=seven.provider, name=f"More {number}")
        assert len(names(api.get(LIST))) == 10

    def test_refuse_more_than_a_hundred_in_the_vendors_words(self, api):
        told = message(api.get(f"{LIST}?limit=101"))
        assert told == 'Bad Request: request parameter "limit" exceeds maximum value of 100'

    @pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "skip=-1", "skip=x", "skip=99999999999"])
    def test_refuse_what_is_no_number_in_range(self, api, query):
        assert query.partition("=")[0] in message(api.get(f"{LIST}?{query}"))


class TestFields:
    @pytest.mark.parametrize(
        "query", ["fields=name", "fields=id,name", "fields=id name", "fields[0]=id&fields[1]=name", "fields[]=name"]
    )
    def test_are_chosen_in_every_form_that_clients_write(self, api, query):
        assert {frozenset(row) for row in api.get(f"{LIST}?{query}").json()["results"]} == {frozenset({"id", "_id", "name"})}


class TestSort:
    @pytest.mark.parametrize(
        ("query", "first"),
        [
            ("sort=name", "Acme Dental"),
            ("sort=-name", "Élan"),
            ("sortIgnoreCase=name", "Acme Dental"),
            ("sortIgnoreCase=-name", "Élan"),
        ],
    )
    def test_orders_both_ways(self, api, seven, query, first):
        assert names(api.get(f"{LIST}?{query}"))[0] == first

    def test_regards_case_only_if_not_told_to_ignore_it(self, api, seven):
        assert names(api.get(f"{LIST}?sort=name")).index("alder") == 5
        assert names(api.get(f"{LIST}?sortIgnoreCase=name")).index("alder") == 1

    def test_by_an_unknown_field_is_refused_with_the_known_ones(self, api):
        assert "maxSystemUsers, name" in message(api.get(f"{LIST}?sort=users"))


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("filter=name:eq:Acme Dental", {"Acme Dental"}),
            ("filter=name:$eq:Acme Dental", {"Acme Dental"}),
            ("filter=name:eq:acme dental", set()),
            ("filter=name:eq:Acme*", {"Acme Dental"}),
            ("filter=name:eq:*e*", {"Acme Dental", "Birch Legal", "Cedar, Inc", "alder", "Dune 100%"}),
            ("filter=name:eq:A.me*", set()),
            ("filter=name:eq:Cedar, Inc", {"Cedar, Inc"}),
            ("filter=name:eq:Cedar, Inc,name:sw:Ce", {"Cedar, Inc"}),
            ("filter=name:in:alder|Birch Legal", {"alder", "Birch Legal"}),
            (r"filter=name:in:Oak\|Ash|alder", {"Oak|Ash", "alder"}),
            ("filter=name:between:A|B", {"Acme Dental"}),
            ("filter=name:search:LEGAL", {"Birch Legal"}),
            ("filter=name:co:100%25", {"Dune 100%"}),
            ("filter=name:ge:a", {"alder", "Élan"}),
            ("filter=maxSystemUsers:ge:50", {"Acme Dental"}),
            ("filter=maxSystemUsers:gt:50", set()),
            ("filter=name:sw:A&filter=name:ew:l", {"Acme Dental"}),
            ("filter[0]=name:$sw:B&filter[1]=name:$ew:l", {"Birch Legal"}),
            ("filter[or][0]=name:$eq:alder&filter[or][1]=name:$eq:Birch Legal", {"alder", "Birch Legal"}),
            ("filter=name:ne:alder,name:nin:Acme Dental|Birch Legal,name:nco:%7C,name:ne:*,*", {"Élan", "Dune 100%"}),
        ],
    )
    def test_find(self, api, seven, query, found):
        seven.clients[0].cap(50)
        assert set(names(api.get(f"{LIST}?{query}"))) == found

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("filter=users:eq:3", "cannot be filtered by"),
            ("filter=name:like:3", "is not a filter"),
            ("filter=name", "is not a filter"),
            ("filter=maxSystemUsers:eq:many", "is not a whole number"),
            ("filter=maxSystemUsers:eq:1e9", "is not a whole number"),
            ("filter=maxSystemUsers:co:1", "looks into text"),
            ("filter=maxSystemUsers:between:1", "two values"),
            ("filter=name:eq:%00", "character that no row has"),
            ("&".join(["filter=name:eq:a"] * 21), "At most 20 conditions"),
        ],
    )
    def test_refuse_what_they_cannot_mean(self, api, query, told):
        assert told in message(api.get(f"{LIST}?{query}"))
