"""What the commands tell the person at the terminal: each step with its time, each refusal in one sentence."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()


class Refusal(Exception):
    """Something is missing that this command can't bring by itself; the message says what, and the mend."""


def line(text: str = "") -> None:
    """Print one line at once, so that a log file and a pipe see it when it happens."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print one line on standard error that nobody should overlook."""
    print(f"  !! {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Print `title` with the seconds it took; words appended to what is yielded are shown beside it."""
    notes: list[str] = []
    began = time.monotonic()
    yield notes
    took = time.monotonic() - began
    line(f"  {title:<34} {took:6.1f} s  {', '.join(notes)}".rstrip())


def elapsed() -> float:
    """Seconds since the command began."""
    return time.monotonic() - STARTED
