"""Every operation × a key of each role × own, foreign and unknown ids, against one table (tests/api/table.py)."""

import re

import pytest

from msp_portal.openapi import document
from tests.api.client import client_of
from tests.api.table import BODIES, NO_IDS, ROLES, TABLE, TARGETS
from tests.walks.staged import undone

UNKNOWN = "00000000000000000000abcd"


def operations():
    """Operation id → method, address below /api, the operation."""
    found = document()["paths"]
    each = ((path, method, one) for path, methods in found.items() for method, one in methods.items())
    return {one["operationId"]: (method.upper(), path.removeprefix("/api"), one) for path, method, one in each}


def test_every_operation_has_its_row():
    assert set(operations()) == set(TABLE)


@pytest.fixture
def stage(the_stage):
    return the_stage


@pytest.fixture
def clients(stage):
    """A client with a key of each role; each key replaces the one before, so they are made as they are needed."""
    return lambda letter: client_of(stage.northwind, ROLES[letter])


def filled(path, ids):
    return re.sub(r"{(\w+)}", lambda part: ids[part[1]], path)


def targets(stage, name):
    return {**stage.targets, **{part: of(stage.northwind) for part, of in TARGETS.get(name, {}).items()}}


def asked(client, name, ids, organization):
    method, path, one = operations()[name]
    media = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = BODIES.get(name, media.get("example"))
    body = body(ids) if callable(body) else body
    return client.at(organization).send(method, filled(path, ids), None if method == "GET" else body)


@pytest.mark.parametrize("name", TABLE)
class TestEveryOperation:
    def test_lets_through_exactly_the_roles_of_the_table(self, name, stage, clients):
        through = ""
        for letter in ROLES:
            client = clients(letter)
            with undone():
                status = asked(client, name, targets(stage, name), stage.acme.pk).status_code
            assert status == 403 or status < 300, (letter, status)
            through += letter if status < 300 else ""
        assert through == TABLE[name]

    def test_tells_nobody_what_is_foreign_from_what_is_unknown(self, name, stage, clients):
        """Each id of the address in turn, once a foreign one and once one that nobody has, to a role that may and one that may not."""
        _, path, _ = operations()[name]
        foreign = stage.of(stage.bluefin)
        senders = [TABLE[name][0], *(letter for letter in ROLES if letter not in TABLE[name])][:2]
        for letter in senders:
            client = clients(letter)
            for part in set(re.findall(r"{(\w+)}", path)) - NO_IDS:
                answers = []
                for other in (foreign[part], UNKNOWN):
                    with undone():
                        answers.append(asked(client, name, {**targets(stage, name), part: other}, stage.acme.pk))
                is_told = {answer.status_code for answer in answers}
                assert is_told == {404} or (letter not in TABLE[name] and is_told == {403}), (part, letter, answers)
                assert answers[0].content == answers[1].content, (part, letter)

    def test_tells_nobody_of_a_foreign_organization_in_the_header(self, name, stage, clients):
        client = clients(TABLE[name][0])
        answers = [asked(client, name, targets(stage, name), one) for one in (stage.bluefin.clients[0].pk, UNKNOWN)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
