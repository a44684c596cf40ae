"""One table of bad files, sent at every door that takes one: each is reported clearly, writes nothing, and leaves the page usable."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import cast as people
from tests.usage.test_many_caps import words_of
from usage.bounds import CAP_FILE_MAX, LARGEST_IMPORT
from usage.models import Device, Seats, StagedFile, StagedImport, StagedRow, User
from usage.tasks import work_imports

pytestmark = pytest.mark.django_db

# For each file of it the head, a good row, and one with a cell to be filled.
FILES = {
    "user": ("user_name,email,first_name\n", "new,new@x.example,New\n", "odd,odd@x.example,{}\n"),
    "device": ("name,operating_system,serial_number\n", "PC,Windows 11,SN-1\n", "ODD,{},SN-2\n"),
    "cap": ("id,cap\n", "{acme},5\n", "{birch},{}\n"),
}
WHOLE = {  # what is wrong with a file as a whole, which every door says alike
    "wrong-encoding": (lambda head, good: (head + good + "j\xf6rg").encode("latin-1"), "Line 3 is not written in UTF-8."),
    "missing-column": (lambda head, good: b"something\nelse\n", "These columns are missing: "),
    "only-a-head": (lambda head, good: head.encode(), "The file names columns and has no row below them."),
    "a-workbook": (lambda head, good: b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "This is a workbook and not CSV."),
    "an-open-quote": (lambda head, good: f'{head}{good}"open{good}'.encode(), "Line 3 is not CSV: a quotation mark"),
    "empty": (lambda head, good: b"", "The file is empty."),
    "50-MB": (lambda head, good: b"x" * 50_000_000, "The file has 47.7 MB, and "),
}
CELLS = {  # what is wrong with one cell, which each says in its own words
    "of-10,001-characters": (
        "x" * 10_001,
        {
            "user": "First name is longer than 80 characters.",
            "device": "Operating system is longer than 60 characters.",
            "cap": "A cell has 10,001 characters; at most 10,000 are read.",
        },
    ),
    "that-is-a-formula": (
        "=1+1",
        {
            "user": "First name starts like a formula.",
            "device": "Operating system starts like a formula.",
            "cap": "=1+1 is no cap.",
        },
    ),
    "with-a-nul": (
        "x\0y",
        {
            "user": "First name has a character that cannot be kept.",
            "device": "Operating system has a character that cannot be kept.",
            "cap": "This line holds a character that no text has.",
        },
    ),
}


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def owner(client, cast):
    return people.sign_in(client, cast.northwind.owner)


@pytest.fixture(params=FILES)
def door(request, owner, cast):
    return Door(request.param, owner, *cast.northwind.clients)


class Door:
    """Where files of one kind are sent, and what came of one."""

    def __init__(self, kind, browser, acme, birch):
        self.kind, self.browser = kind, browser
        self.head, *rows = FILES[kind]
        self.good, self.odd = (row.replace("{acme}", acme.pk).replace("{birch}", birch.pk) for row in rows)
        self.url = reverse("caps-file") if kind == "cap" else reverse(f"{kind}-imports", args=[acme.pk])

    def send(self, content):
        """The page that the sender sees in the end, and its status."""
        content = content.encode() if isinstance(content, str) else content
        answer = self.browser.post(self.url, {"file": SimpleUploadedFile("a.csv", content)})
        if answer.status_code == 303:
            work_imports()
            answer = self.browser.get(answer["Location"])
        return answer

    def takes_a_good_one(self):
        page = words_of(self.send(self.head + self.good))
        return any(words in page for words in ("1 user will be added.", "1 device will be added.", "Change 1 user cap?"))


def written():
    rows = (User.objects.count(), Device.objects.count(), Seats.objects.exclude(user_cap=None).count())
    return rows, (StagedFile.objects.count(), StagedRow.objects.filter(faults=[]).count())


class TestABadFile:
    @pytest.mark.parametrize("file", WHOLE)
    def test_is_reported_clearly_and_writes_nothing(self, door, file):
        make, reason = WHOLE[file]
        before = written()
        answer = door.send(make(door.head, door.good))
        assert answer.status_code in {200, 422}
        assert reason in words_of(answer)
        assert written() == before
        assert door.takes_a_good_one()

    @pytest.mark.parametrize("cell", CELLS)
    def test_with_a_bad_cell_names_its_line(self, door, cell):
        content, reasons = CELLS[cell]
        before = written()
        answer = door.send(door.head + door.good + door.odd.format(content))
        assert answer.status_code in {200, 422}
        assert reasons[door.kind] in words_of(answer)
        assert ">3</th>" in answer.content.decode()
        assert written() == before
        assert door.takes_a_good_one()

    def test_names_an_organization_of_another_msp(self, door, cast):
        other = cast.bluefin.clients[0]
        content = {
            "user": f"user_name,email,organization_id\nnew,new@x.example,{other.pk}\n",
            "device": f"name,organization\nPC,{other.organization.name}\n",
            "cap": f"id,cap\n{other.pk},5\n",
        }[door.kind]
        before = written()
        page = words_of(door.send(content))
        assert "names another organization than this one." in page or "No organization of yours has the id" in page
        assert "Nothing was" in page
        assert written() == before


class TestAFileThatIsFarTooLarge:
    def test_goes_by_unkept_and_its_size_is_told(self, owner, acme):
        url = reverse("user-imports", args=[acme.pk])
        answer = owner.post(url, {"file": SimpleUploadedFile("a.csv", b"x" * (settings.LARGEST_UPLOAD + 1))})
        (sent,) = answer.wsgi_request.FILES.values()
        assert (answer.status_code, sent.size, sent.read()) == (422, settings.LARGEST_UPLOAD + 1, b"")

    def test_is_larger_than_any_that_a_form_takes(self, owner, acme):
        """The control: the largest comes whole."""
        assert max(LARGEST_IMPORT, CAP_FILE_MAX) + 100_000 < settings.LARGEST_UPLOAD
        url = reverse("user-imports", args=[acme.pk])
        assert owner.post(url, {"file": SimpleUploadedFile("a.csv", b"x" * LARGEST_IMPORT)}).status_code == 303
        assert len(StagedImport.objects.get().file.content) == LARGEST_IMPORT
