"""The one CSV reader: every file that a spreadsheet or our own export makes, and for any other where it stopped being one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_portal.lib.csv_export import DIALECTS, csv_chunks
from msp_portal.lib.csv_import import CsvFile, Unreadable, problem_in_words

NAMES = {"id": "id", "cap": "cap", "obergrenze": "cap", "note": "note"}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


def read(content, **options):
    content = content.encode() if isinstance(content, str) else content
    return CsvFile(content, **{"names": NAMES, "required": ("id", "cap"), "most_rows": 1000, **options})


def rows(content, **options):
    return [(line.number, dict(line.cells), line.fault) for line in read(content, **options)]


def refusal(content, **options):
    with pytest.raises(Unreadable) as refused:
        list(read(content, **options))
    return refused.value.told


class TestAFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_is_read_as_any_spreadsheet_writes_it(self, encoding, delimiter, end):
        text = end.join(["ID,Cap,Größe", "zoë,5,x", 'é,,"two\nlines"', "last,6,y", ""]).replace(",", delimiter)
        found = read(text.encode(encoding))
        assert [(line.number, line.cells["id"], line.cells["cap"]) for line in found] == [
            (2, "zoë", "5"),
            (3, "é", ""),
            (5, "last", "6"),
        ]
        assert found.ignored == ["Größe"]

    @given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.sampled_from(list(DIALECTS)))
    def test_comes_back_as_the_export_wrote_it(self, written, dialect):
        content = "".join(csv_chunks(["id", "cap"], written, DIALECTS[dialect]))
        found = [(line.cells["id"], line.cells["cap"]) for line in read(content)]
        guarded = [tuple(cell.removeprefix("'") for cell in row) for row in found]
        whole = [row for row in written if any(cell.strip() for cell in row)]
        assert guarded == [tuple(cell.removeprefix("'") for cell in row) for row in whole]

    def test_has_its_dialect_by_the_headings_and_not_by_what_stands_most_often(self):
        assert rows('note;id;"a,b,c,d";cap\nx;1;"y";2\n') == [(2, {"note": "x", "id": "1", "cap": "2"}, "")]

    def test_says_of_a_row_that_it_has_too_few_or_too_many_cells(self):
        found = [(number, fault) for number, _, fault in rows("id,cap\nshort\na,b,c\na,b, \n\n,,\n")]
        assert found == [(2, "few_cells"), (3, "many_cells"), (4, "")]


class TestAFileThatIsNone:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("id,cap\nA,5\nM\xfcller,5\n".encode("latin-1"), {"code": "encoding", "line": 3}),
            ("id,cap\n".encode("utf-16-le"), {"code": "encoding", "line": 1}),
            ("id,cap\n".encode("utf-32"), {"code": "encoding", "line": 1}),
            ("id,cap\nA,".encode("utf-16") + b"\x00\xd8\n\x00", {"code": "encoding", "line": 2}),
            (b"\x89PNG\r\n\x1a\n", {"code": "encoding", "line": 1}),
            (b"PK\x03\x04\x14\x00", {"code": "workbook"}),
            (b"id,note\n", {"code": "missing_columns", "columns": ["cap"]}),
            (b"\n\n", {"code": "missing_columns", "columns": ["id", "cap"]}),
            (b"", {"code": "missing_columns", "columns": ["id", "cap"]}),
            (b"id,cap,Obergrenze\n", {"code": "column_twice", "columns": ["cap"]}),
            (b'id,cap\na,1\n"open,5\nx,6\n', {"code": "not_csv", "line": 3}),
            (b'id,cap\na,"b"c\n', {"code": "not_csv", "line": 2}),
            (b'"id,cap\n', {"code": "not_csv", "line": 1}),
            (b"id,cap\n" + b"x" * 140_000, {"code": "cell_too_large", "line": 2, "most": 131_072}),
            (b"x" * 140_000, {"code": "cell_too_large", "line": 1, "most": 131_072}),
            (b"id,cap\n\n,\n", {"code": "no_rows"}),
            (b"id,cap\na,1\nb,2\nc,3\n", {"code": "too_many_rows", "line": 4, "most": 2}),
        ],
    )
    def test_is_told_where_and_why(self, content, told):
        assert refusal(content, most_rows=2) == told
        assert problem_in_words(told, {"cap": "Grenze"})

    def test_names_the_headings_that_it_passes_over_as_a_database_can_keep_them(self):
        assert read(b'id,cap,"x\n\0y"\na,1,2\n').ignored == ["x\n\ufffdy"]

    def test_whose_head_is_endless_is_refused_with_one_look_at_each_heading(self):
        compared = 0

        class Counting(str):
            __hash__ = str.__hash__

            def __eq__(self, other):
                nonlocal compared
                compared += 1
                return str.__eq__(self, other)

        names = {name: Counting(name) for name in ("id", "cap")}
        assert refusal("id,cap," * 1_000, names=names) == {"code": "column_twice", "columns": ["cap", "id"]}
        assert compared < 10_000, "so many columns as fit into a file would keep the worker busy for hours"

    def test_is_told_with_the_columns_as_the_reader_calls_them(self):
        told = refusal("id\n1\n")
        assert problem_in_words(told, {"cap": "Grenze"}).startswith("These columns are missing: Grenze.")
