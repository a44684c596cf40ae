"""Sending the rows of a list after the door has closed its scope."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from accounts.models import Administrator, ApiKey
from msp_portal.lib import tenancy

T = TypeVar("T")


def scoped(reader: Administrator | ApiKey, lines: Iterable[T]) -> Iterator[T]:
    """The lines, read while they are sent: by then the door's scope is closed, so this opens one of its own."""
    with tenancy.scope(reader.provider_id, reader.reach, reader.name):
        yield from lines
