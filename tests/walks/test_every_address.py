"""Every address × every actor × every method against one table; again with row-level security off, and again with the doors' own scoping off."""

import re
from functools import cache
from http.cookies import SimpleCookie

import psycopg
import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts import doors
from accounts.identity import GLOBAL_TABLES, IDENTITY_TABLES
from tests.cast import sign_in
from tests.walks.stage import HIDDEN_FROM
from tests.walks.staged import undone
from tests.walks.state import changes, state
from tests.walks.table import ACTORS, METHODS, TABLE

MARKS = {"public", "signed_in", "provider", "organization", "own", "by_method", "api"}
UNMARKED = {"livez": "health", "readyz": "health"}
STRANGERS = "LXTOF"
FORGERY_TOKEN = re.compile(r"\b[0-9A-Za-z]{64}\b")


def addresses(patterns=None):
    """Every named address of the portal's own URL map."""
    for pattern in get_resolver("msp_portal.urls").url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from addresses(pattern.url_patterns)


class TestTheMap:
    def test_has_a_row_for_every_address(self):
        assert {pattern.name for pattern in addresses()} == set(TABLE)

    def test_has_a_door_at_every_address(self):
        unmarked = {pattern.name for pattern in addresses() if getattr(pattern.callback, "door", ("none",))[0] not in MARKS}
        assert unmarked == set(UNMARKED)

    def test_has_a_door_behind_every_method_of_an_address(self):
        behind = [door for pattern in addresses() for door in getattr(pattern.callback, "doors", {}).values()]
        assert behind
        assert all(door.door[0] in MARKS for door in behind)


@pytest.mark.parametrize("name", TABLE)
def test_every_address_answers_as_the_table_says(name, the_stage, full):
    through = METHODS if full else tuple(TABLE[name].through)
    assert differences(the_stage, name, ACTORS, through) == []
    assert differences(the_stage, name, "BN", METHODS) == []


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if not row.needs_a_key])
class TestEveryAddressForPeople:
    """Those of the API open to no session, so here they could show nothing; tests/api walks them with keys."""

    def test_answers_alike_without_row_level_security(self, name, no_row_level_security, the_stage):
        assert differences(the_stage, name, STRANGERS, TABLE[name].through) == []

    def test_answers_alike_without_the_doors_own_scoping(self, name, the_stage, monkeypatch):
        monkeypatch.setattr(doors, "_reachable", lambda rows, place, organization: rows)
        assert differences(the_stage, name, STRANGERS, TABLE[name].through) == []

    def test_changes_nothing_when_it_is_read(self, name, the_stage):
        browser = the_browser()
        browser.cookies = SimpleCookie(cookies_of(browser, the_stage.northwind.owner))
        before = state()
        for method in ("GET", "HEAD"):
            text_of(browser.generic(method, address(name, the_stage)))
        assert changes(before) <= {"django_session"}


def differences(stage, name, actors, methods):
    """Each answer that is not the table's, in words."""
    browser, path, found = the_browser(), address(name, stage), []
    for actor in actors:
        cookies = cookies_of(browser, stage.administrators[actor])
        for method in methods:
            browser.cookies = SimpleCookie(cookies)
            with undone():
                answer = browser.generic(method, path)
                found += [f"{actor} {method}: {word}" for word in wrong(name, actor, method, answer)]
    return found


def wrong(name, actor, method, answer):
    """What is wrong with one answer."""
    row, outcome = TABLE[name], outcome_of(answer)
    if row.is_public and outcome == "sign in":
        outcome = "through"
    if outcome != expected(row, actor, method):
        yield f"{outcome} ({answer.status_code}), the table says {expected(row, actor, method)}"
    text = text_of(answer)
    for word in HIDDEN_FROM[actor]:
        if word in text:
            yield f"shows {word}: …{text[max(0, text.index(word) - 60) : text.index(word) + 40]}…"
    if row.shows and method == "GET" and outcome == "through" and actor in "BAIMHRLT" and row.shows not in text:
        yield f"does not show {row.shows}"


def expected(row, actor, method):
    if method not in row.through:
        return "no method"
    if row.needs_a_key:
        return "no key"
    if actor in row.through[method]:
        return "through"
    if actor in row.absent[method]:
        return "absent"
    return "sign in" if actor == "N" else "too junior"


def outcome_of(answer):
    if answer.status_code in {301, 302, 303} and answer.headers["Location"].startswith(reverse("sign-in")):
        return "sign in"
    named = {401: "no key", 403: "too junior", 404: "absent", 405: "no method"}
    return named.get(answer.status_code, "through" if answer.status_code < 500 else "fault")


def text_of(answer):
    """Without Django's tokens against forgery: of 64 random letters, four now and then spell a client's name."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return FORGERY_TOKEN.sub("", content.decode(errors="replace")).lower()


def address(name, stage):
    """The path of the address, its parts filled with things of Acme."""
    for pattern in addresses():
        if pattern.name == name:
            parts = {part: stage.targets[part] for part in pattern.pattern.converters}
            return reverse(name, kwargs=parts)
    raise LookupError(name)


@cache
def the_browser():
    """One for all, as each makes the middleware anew."""
    return Client(raise_request_exception=False)


def cookies_of(browser, administrator):
    """Of a session of its own; a person signed out by an act is signed in again by the next request's."""
    browser.cookies = SimpleCookie()
    if administrator:
        sign_in(browser, administrator)
    return browser.cookies.output(header="")


@pytest.fixture
def no_row_level_security(run, kept_stage):
    """Take the wall down in the stage's database, so that the doors stand alone."""
    url = run.url("DATABASE_ADMIN_URL", kept_stage.name)
    with psycopg.connect(url, autocommit=True) as admin:
        listed = admin.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relrowsecurity"
        ).fetchall()
        behind_the_wall = [table for (table,) in listed if table not in IDENTITY_TABLES | GLOBAL_TABLES]
        for table in behind_the_wall:
            admin.execute(f"alter table {table} disable row level security")
        yield
        for table in behind_the_wall:
            admin.execute(f"alter table {table} enable row level security")
