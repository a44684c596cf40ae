import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from msp_portal.lib.tables import Choice, TableQuery

FRUIT = ["apple", "banana", "cherry", "damson", "elder"]


def table(**params):
    return TableQuery.from_request(
        params,
        columns={"name": "model", "kind": ("app_label", "model")},
        default="name",
        search=lambda rows, words: rows.filter(model__contains=words),
        filters={
            "kind": {"red": Choice("Red", lambda rows: rows.filter(app_label="red")), "other": Choice("Other", without_red)}
        },
    )


def without_red(rows):
    return rows.filter(~Q(app_label="red"))


@pytest.fixture
def fruit(db):
    ContentType.objects.bulk_create(
        ContentType(app_label="red" if name in {"apple", "cherry"} else "dim", model=name) for name in FRUIT
    )
    return ContentType.objects.filter(app_label__in=["red", "dim"])


@pytest.fixture
def sixty(db):
    ContentType.objects.bulk_create(ContentType(app_label="many", model=f"m{n:02}") for n in range(60))
    return ContentType.objects.filter(app_label="many")


def names(rows):
    return [row.model for row in rows]


class TestAList:
    def test_is_searched_filtered_and_sorted_as_the_url_says(self, fruit):
        assert names(table(q="a", kind="other", sort="-name").page(fruit).rows) == ["damson", "banana"]

    def test_sorts_by_several_fields_in_one_direction(self, fruit):
        assert names(table(sort="-kind").page(fruit).rows) == ["cherry", "apple", "elder", "damson", "banana"]

    def test_costs_one_count_and_one_select(self, sixty, django_assert_num_queries):
        with django_assert_num_queries(2):
            page = table(page="2").page(sixty)
            assert (page.total, len(page.rows), page.first, page.last) == (60, 25, 26, 50)

    def test_costs_only_the_count_when_nothing_matches(self, fruit, django_assert_num_queries):
        with django_assert_num_queries(1):
            page = table(q="zebra").page(fruit)
            assert (page.rows, page.first, page.last, page.total) == ([], 0, 0, 0)

    def test_shows_the_last_page_when_the_asked_one_is_beyond_it(self, sixty):
        page = table(page="99").page(sixty)
        assert (page.number, page.first, page.last, page.next_url) == (3, 51, 60, None)

    def test_gives_the_csv_every_page(self, sixty):
        assert table(page="2").filtered(sixty).count() == 60

    def test_has_a_total_order(self, fruit):
        assert table(sort="-name").filtered(fruit).query.order_by == ("-model", "-pk")


class TestBadInput:
    @pytest.mark.parametrize("number", ["0", "-1", "1.5", "x", "", "١٢", "99999999999", "1e3", " 1"])
    def test_page_falls_back_to_the_first(self, number):
        assert table(page=number).number == 1

    @pytest.mark.parametrize("size", ["0", "24", "1000", "x", "", "٢٥"])
    def test_size_falls_back_to_the_smallest(self, size):
        assert table(size=size).size == 25

    @pytest.mark.parametrize("order", ["password", "--name", "-", "app_label", "name;drop"])
    def test_order_falls_back_to_the_usual(self, order):
        assert table(sort=order).order == "name"

    def test_unknown_filter_values_are_dropped(self):
        assert table(kind="blue").chosen == {}

    def test_words_lose_what_postgres_refuses_and_what_is_too_long(self):
        assert table(q="a\0 \n b").words == "a b"
        assert len(table(q="x" * 5000).words) == 100


class TestTheUrl:
    def test_of_an_untouched_list_is_empty(self):
        assert table().url() == "?"

    def test_keeps_the_rest_of_the_query_and_goes_to_the_first_page(self):
        assert table(q="a&b", kind="red", size="50", page="3").url(sort="-name") == "?q=a%26b&kind=red&sort=-name&size=50"

    def test_keeps_all_but_the_page_it_names(self):
        assert table(q="a", page="3").url(page=4) == "?q=a&page=4"

    def test_drops_what_is_set_to_none(self):
        assert table(q="a", kind="red").url(kind=None) == "?q=a"

    def test_of_the_csv_has_neither_page_nor_size(self):
        assert table(q="a", size="100", page="2").query == "?q=a"

    def test_of_a_search_form_carries_all_but_the_words(self):
        assert table(q="a", kind="red", sort="-name", size="50").kept == [("kind", "red"), ("sort", "-name"), ("size", 50)]


class TestLinks:
    def test_of_the_sorted_column_turn_it_around(self):
        assert (table().sort["name"].aria_sort, table().sort["name"].url) == ("ascending", "?sort=-name")
        assert (table(sort="-name").sort["name"].aria_sort, table(sort="-name").sort["name"].url) == ("descending", "?")

    def test_of_another_column_sort_by_it(self):
        assert (table().sort["kind"].aria_sort, table().sort["kind"].url) == ("none", "?sort=kind")

    def test_of_a_filter_say_which_one_is_on(self):
        red, other = table(kind="red").choices["kind"]
        assert (red.is_current, other.is_current, table(kind="red").every["kind"].is_current) == (True, False, False)
        assert table().every["kind"].is_current

    def test_of_pages_are_the_ends_and_the_near_ones(self, sixty):
        page = table(page="2").page(sixty)
        assert [(link.label, link.is_current) for link in page.numbers] == [("1", False), ("2", True), ("3", False)]
        assert (page.previous_url, page.next_url) == ("?page=1", "?page=3")
