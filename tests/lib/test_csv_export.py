import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from itertools import count, islice

import pytest
from django.utils.translation import gettext_lazy, override
from hypothesis import given
from hypothesis import strategies as st

from msp_portal.lib.csv_export import DIALECTS, FORMULA_STARTS, csv_chunks, csv_response, dialect_of, guarded

# Python 3.11's reader takes a lone CR in an unquoted cell for a line's end; the writer quotes it, so all text but NUL comes back.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def written(header, rows):
    return "".join(csv_chunks(header, rows))


def read_back(text):
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


class TestACsv:
    @given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=20))
    def test_comes_back_as_it_was_but_for_the_guard(self, rows):
        assert read_back(written(["a", "b"], rows)) == [["a", "b"], *[[guarded(cell) for cell in row] for row in rows]]

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers())
    def test_keeps_numbers_as_numbers(self, amount, number):
        (_, (first, second)) = read_back(written(["a", "b"], [(amount, number)]))
        assert (Decimal(first), int(second)) == (amount, number)

    def test_begins_with_the_mark_once_and_ends_its_lines_as_the_rfc_says(self):
        text = written(["Name", "Größe"], [("Müller, KG", 3), ('5" disk', None)] * 600)
        assert text.startswith('\ufeffName,Größe\r\n"Müller, KG",3\r\n"5"" disk",\r\n')
        assert text.count("\ufeff") == 1

    def test_writes_each_kind_of_value_plainly(self):
        row = [
            True,
            None,
            Decimal("-12.50"),
            Decimal("1E+3"),
            -7,
            date(2026, 3, 1),
            datetime(2026, 3, 1, 12, tzinfo=UTC),
            gettext_lazy("=x"),
        ]
        (_, cells) = read_back(written(["h"] * len(row), [row]))
        assert cells == ["true", "", "-12.50", "1000", "-7", "2026-03-01", "2026-03-01T12:00:00+00:00", "'=x"]

    def test_is_sent_while_it_is_read(self):
        endless = ((n,) for n in count())
        assert len(list(islice(csv_chunks(["n"], endless), 3))) == 3


class TestTheGuard:
    @pytest.mark.parametrize("start", sorted(FORMULA_STARTS))
    def test_stops_what_a_spreadsheet_would_run(self, start):
        assert guarded(f"{start}cmd") == f"'{start}cmd"

    @pytest.mark.parametrize("text", ["", "plain", "a=b", "'=x", "1-2", "ä@b"])
    def test_leaves_other_text_alone(self, text):
        assert guarded(text) == text

    def test_covers_headers_too(self):
        assert read_back(written(["=HYPERLINK()"], [])) == [["'=HYPERLINK()"]]


class TestTheDownload:
    def test_is_named_in_ascii_and_kept_by_no_cache(self):
        response = csv_response("Nörthwind\r\nusage.CSV", ["a"], [])
        assert response["Content-Disposition"] == 'attachment; filename="northwind-usage.csv"'
        assert (response["Content-Type"], response["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store")
        assert response.streaming


class TestADialect:
    ROW = ["a;b,c", Decimal("-1234.50"), 7, "=1+2", None]

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("comma", '"a;b,c",-1234.50,7,\'=1+2,\r\n'),
            ("semicolon", '"a;b,c";-1234,50;7;\'=1+2;\r\n'),
            ("tab", "a;b,c\t-1234.50\t7\t'=1+2\t\r\n"),
        ],
    )
    def test_has_its_own_signs(self, name, line):
        assert "".join(csv_chunks(self.ROW, [], DIALECTS[name])) == "\ufeff" + line

    @pytest.mark.parametrize(
        ("asked", "language", "name"),
        [("", "en", "comma"), ("", "de", "semicolon"), ("?dialect=tab", "de", "tab"), ("?dialect=x", "de", "comma")],
    )
    def test_is_the_one_asked_for_or_that_of_the_readers_spreadsheet(self, rf, asked, language, name):
        with override(language):
            assert dialect_of(rf.get(f"/x/{asked}")) == DIALECTS[name]
