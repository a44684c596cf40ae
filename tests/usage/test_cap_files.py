"""User caps as a file: out, edited, in again; and whatever is wrong with it is told by line, with nothing written."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent
from tests.cast import sign_in
from tests.usage.history import new_organization
from tests.usage.test_many_caps import caps_of, confirm, set_cap, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clients(cast):
    return [
        *(client.organization for client in cast.northwind.clients),
        new_organization(cast.northwind.provider, "=Cedar; Arts"),
    ]


@pytest.fixture
def owner(client, cast):
    return sign_in(client, cast.northwind.owner)


def download(browser, query=""):
    return b"".join(browser.get(reverse("caps-csv") + query).streaming_content).decode("utf-8-sig")


def upload(browser, content):
    content = content if isinstance(content, bytes) else content.encode()
    return browser.post(reverse("caps-file"), {"file": SimpleUploadedFile("caps.csv", content)})


def faults_of(response):
    assert response.status_code == 422
    return [(fault.line, fault.reason) for fault in response.context["faults"]]


class TestThereAndBack:
    @pytest.mark.parametrize("dialect", ["comma", "semicolon", "tab"])
    def test_a_file_comes_back_as_it_went_and_changes_nothing(self, owner, clients, dialect):
        set_cap(clients[0], 10)
        shown = upload(owner, download(owner, f"?dialect={dialect}"))
        assert shown.status_code == 200
        assert [row.seats.name for row in shown.context["staying"]] == ["=Cedar; Arts", "Acme Dental", "Birch Legal"]
        assert "Nothing would change." in words_of(shown)

    @pytest.mark.parametrize("dialect", ["comma", "semicolon", "tab"])
    def test_what_was_edited_in_it_is_shown_and_then_done(self, owner, clients, dialect):
        set_cap(clients[0], 10)
        text = re.sub(r"10(?=\r\n)", "", download(owner, f"?dialect={dialect}"))
        text = re.sub(r"(Birch Legal.)(?=\r\n)", r"\g<1>25", text)
        shown = upload(owner, text)
        assert caps_of(clients) == [10, None, None]
        assert [(row.seats.name, row.user_cap) for row in shown.context["rows"]] == [("Acme Dental", None), ("Birch Legal", 25)]
        assert confirm(owner, shown).status_code == 303
        assert caps_of(clients) == [None, 25, None]
        assert AuditEvent.objects.filter(action="usage.cap.changed").count() == 2

    def test_the_file_has_exactly_what_is_filtered(self, owner, clients):
        set_cap(clients[1], 20)
        assert download(owner, "?cap=capped") == f"id,name,cap\r\n{clients[1].pk},Birch Legal,20\r\n"

    def test_a_stale_file_conflicts_and_can_be_previewed_again(self, owner, clients):
        shown = upload(owner, f"id,cap\n{clients[0].pk},30\n")
        set_cap(clients[0], 12)
        conflict = confirm(owner, shown)
        assert conflict.status_code == 409
        fields = dict(
            re.findall(r'<input type="hidden" name="(listed|operation|number)" value="([^"]*)"', conflict.content.decode())
        )
        again = owner.post(reverse("caps"), fields)
        assert [(row.seats.user_cap, row.user_cap) for row in again.context["rows"]] == [(12, 30)]
        confirm(owner, again)
        assert caps_of(clients[:1]) == [30]

    def test_columns_may_stand_in_any_order_among_others(self, owner, clients):
        shown = upload(owner, f' Cap ;note;ID\n 7 ;"said ""yes""; twice\nso";{clients[0].pk}\n\n;;\n')
        assert [(row.seats.pk, row.user_cap) for row in shown.context["rows"]] == [(clients[0].pk, 7)]


class TestAFaultyFile:
    @pytest.mark.parametrize(
        ("content", "line", "reason"),
        [
            (b"name\n", 1, "These columns are missing: id, cap."),
            (b"id,cap,cap\n", 1, "These columns stand in the file more than once: cap."),
            (b"id,cap\n\0,5\n", 2, "This line holds a character that no text has."),
            (b"id,cap\nshort\n", 2, "The row has fewer cells than there are columns."),
            (b"id,cap\n" + b"x" * 10_001 + b",5\n", 2, "A cell has 10,001 characters; at most 10,000 are read."),
            (b"id,cap\n" + b"x" * 200_000 + b",5\n", 2, "Line 2 has a cell of more than 131,072 characters."),
            (b"id,cap\n,5\n", 2, "No organization of yours has the id –."),
            (b"id,cap\n000000000000000000000000,5\n", 2, "No organization of yours has the id 000000000000000000000000."),
            (b"id,cap\n=1+1,5\n", 2, "No organization of yours has the id =1+1."),
            (b"id,cap\n{acme},=5+5\n", 2, "=5+5 is no cap. Enter a whole number from 1 to 10,000, in plain digits."),
            (b"id,cap\n{acme},0\n", 2, "0 is no cap."),
            (b"id,cap\n{acme},10001\n", 2, "10001 is no cap."),
            (b"id;cap\n{acme};1.000\n", 2, "1.000 is no cap."),
            (b"id;cap\n{acme};1,5\n", 2, "1,5 is no cap."),
            (b"id,cap\n{acme},-3\n", 2, "-3 is no cap."),
            (b"id,cap\n{acme},ten\n", 2, "ten is no cap."),
            (b"id,cap\n{acme},5\n\n{acme},6\n", 4, "This organization stands in line 2 already."),
            (b"id,cap\n{acme},5\n{quartz},6\n", 3, "No organization of yours has the id"),
        ],
    )
    def test_is_told_by_line_and_reason_and_nothing_is_written(self, owner, cast, clients, content, line, reason):
        content = content.replace(b"{acme}", clients[0].pk.encode()).replace(b"{quartz}", cast.bluefin.clients[0].pk.encode())
        response = upload(owner, content)
        assert reason in words_of(response)
        ((found, told),) = faults_of(response)
        assert (found, told[: len(reason)]) == (line, reason)
        assert caps_of(clients) == [None] * 3
        assert 'type="file"' in response.content.decode()
        assert "Quartz" not in words_of(response)

    def test_tells_all_of_its_faults_in_their_order(self, owner, clients):
        response = upload(owner, f"id,cap\nx,1\nshort\n{clients[0].pk},0\n{clients[1].pk},5\n")
        assert [line for line, _ in faults_of(response)] == [2, 3, 4]

    def test_shows_the_first_hundred_of_very_many(self, owner):
        response = upload(owner, "id,cap\n" + "x,1\n" * 250)
        assert len(faults_of(response)) == 100
        assert "250 faults in the file" in words_of(response)
        assert "The first 100 of them." in words_of(response)

    def test_of_50_mb_is_not_even_read(self, owner, monkeypatch):
        monkeypatch.setattr("usage.views.cap_files.read_caps", lambda *_: pytest.fail("it was read"))
        response = upload(owner, b"id,cap\n" + b"x" * 50_000_000)
        assert response.status_code == 422
        assert "The file has 47.7 MB, and 5.0 MB is the most." in words_of(response)

    def test_of_more_rows_than_one_edit_takes_names_the_line(self, owner):
        response = upload(owner, "id,cap\n" + "x,1\n" * 10_001)
        assert faults_of(response) == [(10_002, "The file has more than 10,000 rows. Split it into several.")]

    def test_whose_cells_are_markup_shows_them_as_text(self, owner):
        page = upload(owner, "id,cap\n<script>x</script>,1\n").content.decode()
        assert "<script>x" not in page
        assert "<script>x</script>" in unescape(page)

    def test_or_none_at_all_asks_for_one(self, owner):
        response = owner.post(reverse("caps-file"))
        assert response.status_code == 422
        assert response.context["form"].errors["file"]
