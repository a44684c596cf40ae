"""The CSV of all users of a provider, beside COPY of the same columns in the same order; and that its memory stays flat."""

import os
from pathlib import Path
from unittest import mock

from django.test import Client

from tests import cast
from tests.bench.timing import beside, result

FEW = 10_000
MOST_GROWTH = 20 * 2**20  # bytes
COPY = """
    copy (select o.name, u.user_name, u.first_name, u.last_name, u.email, u.state, u.created_at, u.id
          from usage_user u join accounts_organization o on o.id = u.organization_id
          where u.provider_id = %s order by u.folded_name, u.id) to stdout csv
"""


def users(stage, rounds):
    """As a browser downloads it; the note tells how much more memory the long file took than one of 10,000 rows."""
    few, many = (provider_of(stage, rows) for rows in (FEW, stage.size.sent))
    stage.owner.execute("vacuum analyze")
    growth = peak_memory(many) - peak_memory(few)
    assert growth <= MOST_GROWTH, f"{growth:,} bytes"
    timed = beside(lambda: copied(stage, many), lambda: rows_sent(many), rounds=max(3, rounds // 2))
    note = f"memory {growth / 2**20:+.1f} MB beside {FEW:,} rows"
    return result("CSV of users", f"{stage.size.sent:,} rows", "COPY to stdout", timed, kind="times", goal=10, note=note)


def provider_of(stage, rows):
    return stage.administrator(f"{rows:,} Users", 100, users=rows // 100)


def copied(stage, administrator):
    with stage.owner.cursor() as cursor, cursor.copy(COPY, [administrator.provider_id]) as copy:
        return sum(map(len, copy))


def rows_sent(administrator):
    for _ in pieces(administrator):
        pass


def peak_memory(administrator):
    """The most bytes this process held while it sent the file; the first time does not count."""
    rows_sent(administrator)
    return max(resident() for _ in pieces(administrator))


def pieces(administrator):
    """As a list within the bound is sent, however long: the worker writes longer ones by the same lines."""
    with mock.patch("accounts.listings.DIRECT_EXPORT_MAX", 10**9):
        return cast.sign_in(Client(), administrator).get("/users/csv/").streaming_content


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
