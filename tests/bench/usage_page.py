"""The Usage page of an MSP with many clients, beside a bare view; its statements; and what row-level security costs it."""

from contextlib import contextmanager

from django.test import Client

from tests import cast
from tests.bench import timing
from tests.bench.timing import beside, result

SORTED = "/account/usage/?size=100&sort=-users"
SEARCHED = f"{SORTED}&q=client+77"  # found 111 times in 10,000
SEARCHED_IN_A_HUNDRED = f"{SORTED}&q=client"  # found 100 times
MOST_STATEMENTS = 8
A_ROUND = 5


def beside_a_bare_view(stage, rounds):
    """100 rows of many, searched and sorted; the note tells how many statements it took, and how many at 100 clients."""
    page, bare = reader(stage.many, SEARCHED), visitor(f"/bare/?provider={stage.many.provider_id}")
    timed = beside(bare, page, rounds=rounds)
    at_many, at_hundred = statements(page), statements(reader(stage.hundred, SEARCHED_IN_A_HUNDRED))
    assert at_many == at_hundred <= MOST_STATEMENTS, (at_many, at_hundred)
    note = f"{at_many:g} statements, {at_hundred:g} at 100 clients"
    size = f"100 rows of {stage.size.big:,}, searched, sorted"
    return result("Usage page", size, "a bare view of 100 rows", timed, kind="times", goal=2, note=note, each=A_ROUND)


def beside_few_clients(stage, rounds):
    """The same page at many clients and at a hundred: 100 rows found in either."""
    timed = beside(reader(stage.hundred, SEARCHED_IN_A_HUNDRED), reader(stage.many, SEARCHED), rounds=rounds)
    size = f"{stage.size.big:,} clients, searched, sorted"
    return result("Usage page", size, "the page at 100 clients", timed, kind="times", goal=1.3, each=A_ROUND)


def of_all_clients(stage, rounds):
    """Without a search it sorts and adds up all of them. Shown, not promised: that grows with the clients (docs/decisions/0010)."""
    timed = beside(reader(stage.hundred, SORTED), reader(stage.many, SORTED), rounds=rounds)
    size = f"{stage.size.big:,} clients, sorted"
    return result("Usage page", size, "the page at 100 clients", timed, kind="times", goal=None, each=A_ROUND)


def beside_no_row_level_security(stage, rounds):
    """The same page with the policies of its tables on and off."""
    page = reader(stage.many, SEARCHED)

    def without():
        with no_row_level_security(stage):
            page()

    timed = beside(without, page, rounds=rounds)
    return result(
        "Usage page with row-level security",
        f"{stage.size.big:,} clients",
        "without",
        timed,
        kind="times",
        goal=1.1,
        each=A_ROUND,
    )


def reader(administrator, path):
    return visitor(path, cast.sign_in(Client(), administrator))


def visitor(path, browser=None):
    """Asks for the page a few times; loud when it is not answered."""
    browser = browser or Client()

    def ask():
        for _ in range(A_ROUND):
            answer = browser.get(path)
            assert answer.status_code == 200, answer

    return ask


def statements(ask):
    """How many each asking takes."""
    return timing.statements(ask, A_ROUND)


@contextmanager
def no_row_level_security(stage):
    for table in ("usage_seats", "accounts_organization"):
        stage.owner.execute(f"alter table {table} disable row level security")
    yield
    for table in ("usage_seats", "accounts_organization"):
        stage.owner.execute(f"alter table {table} enable row level security")
