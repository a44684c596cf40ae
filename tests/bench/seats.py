"""Seats taken one by one and in bulk, beside the same rows in a table without the gate."""

from itertools import count, islice

from tests import raw
from tests.bench.timing import beside, result

ONE_BY_ONE = 100
COLUMNS = "provider_id, organization_id, user_name, email, first_name, last_name, state"
MANY = f"""
    insert into usage_user ({COLUMNS}) select %s, organization, name, email, 'Ada', 'Lovelace', 'active'
    from unnest(%s::text[], %s::text[], %s::text[]) as new (organization, name, email)
"""
numbers = count(1)


def one_by_one(stage, rounds):
    """An INSERT in a scope of its own, as the public web process: BEGIN, scope, INSERT, COMMIT."""
    timed = beside(lambda: inserts(stage, "bench_user"), lambda: inserts(stage, "usage_user"), rounds=rounds)
    return result(
        "seat taken by one INSERT",
        f"{ONE_BY_ONE} in 20 organizations",
        "the same INSERT without the gate",
        timed,
        kind="share",
        goal=0.6,
        each=ONE_BY_ONE,
    )


def in_bulk(stage, rounds):
    """One INSERT of many rows in one scope, beside COPY of the same rows."""
    rows = stage.size.rows
    timed = beside(lambda: copied(stage, rows_of(stage, rows)), lambda: created(stage, rows), rounds=max(3, rounds // 2))
    return result(f"{rows:,} users in one INSERT", "20 organizations", "COPY without the gate", timed, kind="times", goal=8)


def inserts(stage, table):
    provider = stage.hundred.provider_id
    statement = f"insert into {table} ({COLUMNS}) values (%s, %s, %s, %s, 'Ada', 'Lovelace', 'active')"
    for row in rows_of(stage, ONE_BY_ONE):
        with raw.scope(stage.web, provider):
            stage.web.execute(statement, [provider, *row])


def copied(stage, rows):
    """The floor of whatever adds many users, by their organizations, names and e-mails."""
    rows = list(rows)  # before the connection is busy
    with stage.owner.cursor() as cursor, cursor.copy(f"copy bench_user ({COLUMNS}) from stdin") as copy:
        for organization, name, email in rows:
            copy.write_row([stage.hundred.provider_id, organization, name, email, "Ada", "Lovelace", "active"])


def created(stage, number):
    organizations, names, emails = map(list, zip(*rows_of(stage, number), strict=True))
    with raw.scope(stage.web, stage.hundred.provider_id):
        stage.web.execute(MANY, [stage.hundred.provider_id, organizations, names, emails])


def rows_of(stage, number, among=20):
    organizations = stage.organizations_of(stage.hundred, among)
    for place in islice(numbers, number):
        name = f"new{place}"
        yield organizations[place % among], name, f"{name}@x.example"
