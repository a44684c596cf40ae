"""Sending the rows of a list after the door has closed its scope."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.doors import ProviderRequest
from accounts.models import Administrator, ApiKey
from msp_portal.lib import tenancy


def streamed(
    request: ProviderRequest, rows: QuerySet[Any, Any], cells: Callable[[Any], Sequence[object]] = tuple
) -> Iterator[Sequence[object]]:
    """The rows as `cells`, read while they are sent: by then the door's scope is closed, so this opens one of its own."""
    return streamed_to(request.administrator, rows, cells)


def streamed_to(
    reader: Administrator | ApiKey, rows: QuerySet[Any, Any], cells: Callable[[Any], Sequence[object]] = tuple
) -> Iterator[Sequence[object]]:
    """The same for whoever a door let in, an administrator or a provider's key."""
    with tenancy.scope(reader.provider_id, reader.reach, reader.name):
        yield from map(cells, rows.iterator(chunk_size=2000))
