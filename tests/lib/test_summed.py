"""A page with the sums of all that matches: the same rows as the page without, in one statement."""

from typing import NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from msp_portal.lib.tables import TableQuery


class Kind(NamedTuple):
    id: int
    model: str


def table(**params):
    return TableQuery.from_request(
        params,
        columns={"name": "model", "kind": ("app_label", "model")},
        default="name",
        search=lambda rows, words: rows.filter(model__contains=words),
    )


@pytest.fixture
def sixty(db):
    ContentType.objects.bulk_create(ContentType(app_label=f"many{n % 3}", model=f"m{n:02}") for n in range(60))
    return ContentType.objects.filter(app_label__startswith="many")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"page": "3"},
        {"page": "99"},
        {"sort": "-name", "size": "50"},
        {"sort": "kind", "page": "2"},
        {"sort": "-kind"},
        {"q": "m1"},
        {"q": "m1", "sort": "-kind"},
    ],
)
class TestThePage:
    def test_has_the_rows_and_the_place_of_the_page_without_sums(self, sixty, asked):
        plain, summed = table(**asked).page(sixty), table(**asked).page_and_sums(sixty, Kind, ["id"])[0]
        assert [row.model for row in summed.rows] == [row.model for row in plain.rows]
        assert (summed.number, summed.first, summed.last, summed.total) == (plain.number, plain.first, plain.last, plain.total)
        assert summed.rows

    def test_adds_up_all_that_match(self, sixty, asked):
        matching = list(table(**asked).filtered(sixty))
        sums = table(**asked).page_and_sums(sixty, Kind, ["id"])[1]
        assert sums == {"number": len(matching), "id": sum(row.pk for row in matching)}

    def test_is_one_statement(self, sixty, asked, django_assert_num_queries):
        with django_assert_num_queries(1):
            table(**asked).page_and_sums(sixty, Kind, ["id"])


class TestAPageWithoutRows:
    def test_has_sums_of_nothing(self, sixty):
        page, sums = table(q="zebra").page_and_sums(sixty, Kind, ["id"])
        assert (page.rows, page.total, page.number, sums) == ([], 0, 1, {"number": 0, "id": 0})


class TestASearch:
    @pytest.mark.parametrize(("asked", "kept"), [({"q": "m"}, "found as materialized"), ({}, "found as not materialized")])
    def test_is_done_once_for_both_and_a_whole_list_is_read_along_its_index(self, sixty, asked, kept):
        with CaptureQueriesContext(connection) as captured:
            table(**asked).page_and_sums(sixty, Kind, ["id"])
        assert kept in captured.captured_queries[0]["sql"]
