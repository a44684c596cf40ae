"""Whose key is this, and is it good? Asked before every answer of the API. No floor: nothing smaller does it."""

from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.keys import check
from tests.bench.timing import alone, result, statements

CHECKS_A_ROUND = 100
GOAL = 0.0003  # seconds
MOST_STATEMENTS = 1


def check_of_a_key(stage, rounds):
    """A good key, looked up and checked."""
    at = timezone.now()
    _, plain = generate_key(provider=stage.hundred.provider, by=stage.hundred, at=at)

    def one():
        assert check(plain, at=at).is_good

    taken = statements(one, 1)
    assert taken == MOST_STATEMENTS, taken
    # Each by itself: whoever else takes the processor meanwhile falls to a few of them.
    timed = alone(one, rounds=rounds * CHECKS_A_ROUND)
    return result("check of an API key", "one key", "", timed, kind="seconds", goal=GOAL, note=f"{taken:g} statement")
