"""What a person is shown when something broke, the database is away, someone else is busy, or a form comes without its token."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.walks.faulty_urls")]

INCIDENT = re.compile(r"\b[0-9a-f]{12}\b")


@pytest.fixture
def visitor(cast):
    return sign_in(Client(raise_request_exception=False), cast.northwind.owner)


def incident_in(caplog, answer):
    """The incident's id, which stands on the page and in the log alike."""
    shown = INCIDENT.search(answer.content.decode())[0]
    assert shown in {record.msg.get("incident") for record in caplog.records if isinstance(record.msg, dict)}
    return shown


class TestAPage:
    def test_that_broke_names_an_incident_and_nothing_else(self, visitor, caplog):
        answer = visitor.get("/broken/")
        assert answer.status_code == 500
        assert incident_in(caplog, answer)
        assert "ZeroDivision" not in answer.content.decode()

    def test_without_its_database_says_that_it_comes_back(self, visitor, caplog):
        answer = visitor.get("/away/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert incident_in(caplog, answer)

    def test_that_waited_for_a_lock_says_that_nothing_was_saved(self, visitor):
        answer = visitor.get("/busy/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert not INCIDENT.search(answer.content.decode())

    def test_after_one_that_broke_is_in_no_scope(self, visitor):
        visitor.get("/broken/")
        assert visitor.get(reverse("usage")).status_code == 200


class TestAFormWithoutItsToken:
    def test_changes_nothing(self, cast):
        browser = sign_in(Client(enforce_csrf_checks=True), cast.northwind.owner)
        acme = cast.northwind.clients[0]
        answer = browser.post(reverse("cap", args=[acme.pk]), {"limit": "capped", "user_cap": 7})
        assert answer.status_code == 403
        assert "Nothing was changed." in answer.content.decode()
        assert acme.seats.user_cap is None
