"""The JSON API: a list beside a bare view, and seats taken over HTTP by one worker, beside a bare INSERT under the same server."""

import http.client
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace

from django.test import Client
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.models import ApiKey
from accounts.roles import Role
from setup import places, portal_processes, ports, processes
from tests.bench.timing import beside, result
from tests.bench.usage_page import A_ROUND, statements, visitor
from tests.services.server import Server, wait_until_ready

MOST_STATEMENTS = 4
CLIENTS = 4
POSTS = 200
SHORT_ROUNDS = 5
"""A list is answered in no time, so it takes more rounds to tell it from what else the machine does."""
OPEN_THE_FLOOR = """
    grant insert on bench_user to portal_web;
    drop policy if exists bare on bench_user;
    create policy bare on bench_user for insert to portal_web with check (true);
"""
names = count(1)


def list_beside_a_bare_view(stage, rounds):
    """All organizations of an MSP with a hundred; the note tells how many statements it took."""
    return list_of(stage.hundred, "100 organizations", rounds, goal=2.5)


def list_at_many(stage, rounds):
    """The first hundred of many. What that costs more is to count them: `totalCount` is exact."""
    return list_of(stage.many, f"100 rows of {stage.size.big:,}", rounds, goal=None)


def list_of(administrator, size, rounds, *, goal):
    path = f"/api/v2/providers/{administrator.provider_id}/organizations?limit=100"
    page = visitor(path, Client(headers={"x-api-key": key_of(administrator)}))
    timed = beside(visitor(f"/bare.json?provider={administrator.provider_id}"), page, rounds=rounds * SHORT_ROUNDS)
    taken = statements(page)
    assert taken <= MOST_STATEMENTS, taken
    note = f"{taken:g} statements"
    return result(
        "GET organizations?limit=100", size, "a bare JsonResponse", timed, kind="times", goal=goal, note=note, each=A_ROUND
    )


def seats_over_http(stage, rounds):
    """`POST /api/systemusers` from a few clients at once; each request is a seat in one of 20 organizations."""
    stage.owner.execute(OPEN_THE_FLOOR)
    provider_id, organizations = stage.hundred.provider_id, stage.organizations_of(stage.hundred, 20)
    headers = {"x-api-key": key_of(stage.hundred)}
    with one_worker() as server:

        def post(connection, organization, person):
            send(connection, "/api/systemusers", person, {**headers, "x-org-id": organization})

        def insert(connection, organization, person):
            send(connection, "/bare/users", {"provider": provider_id, "organization": organization, **person}, {})

        with clients_of(server, organizations) as all_at_once:
            timed = beside(lambda: all_at_once(insert), lambda: all_at_once(post), rounds=rounds)
    return result(
        "seat taken by POST /api/systemusers",
        f"one worker, {CLIENTS} clients",
        "one INSERT in a bare view",
        timed,
        kind="share",
        goal=0.35,
        each=POSTS,
    )


def key_of(administrator):
    """A key that may do all that a key may, and as often as a measure does: the limit is counted as ever."""
    role = Role.ADMINISTRATOR_WITH_BILLING
    _, plain = generate_key(provider=administrator.provider, by=administrator, at=timezone.now(), role=role)
    ApiKey.objects.filter(provider=administrator.provider).update(requests_per_minute=1_000_000)
    return plain


@contextmanager
def one_worker():
    """The portal as the demo serves it, but with one worker process; its log is kept while it runs."""
    port = ports.any_free()
    part = portal_processes.portal(port, workers=1)
    command = [*part.command[:-1], "tests.bench.wsgi:application"]
    url = f"http://{ports.LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        environment = {**os.environ, **part.environment, "PORTAL_URL": url, "LOG_LEVEL": "WARNING"}
        process = processes.start(command, log=log, env=environment, cwd=places.ROOT)
        try:
            server = Server(url, Path(log.name), process)
            wait_until_ready(server)
            yield SimpleNamespace(port=port)
        finally:
            processes.stop(process)


@contextmanager
def clients_of(server, organizations):
    """Hands out a function that lets all clients, each on a connection of its own that stays open, do `act` for a new person until all are in."""
    connections = [http.client.HTTPConnection(ports.LOOPBACK, server.port, timeout=60) for _ in range(CLIENTS)]

    def all_at_once(act):
        numbers = [next(names) for _ in range(POSTS)]

        def one(place):
            for number in numbers[place::CLIENTS]:
                person = {"username": f"http{number}", "email": f"http{number}@x.example"}
                act(connections[place], organizations[number % len(organizations)], person)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(one, range(CLIENTS)))

    yield all_at_once
    for connection in connections:
        connection.close()


def send(connection, path, body, headers):
    """One POST; loud when it is not answered 200."""
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content)
