"""Migrations that are SQL: the statements stand in a `.sql` file of the migration's own name, where an editor understands them."""

from pathlib import Path

from django.db.migrations.operations import RunSQL


def sql_beside(migration: str) -> RunSQL:
    """The operation that runs `0002_name.sql` for the migration `0002_name.py`; pass `__file__`. There is no way back: restore instead."""
    return RunSQL(Path(migration).with_suffix(".sql").read_text())
