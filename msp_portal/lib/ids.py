"""Public identifiers: 24 lowercase hexadecimal characters, ordered by time, then random. Postgres makes them."""

import re
from typing import Any

from django.db import models
from django.db.models import Lookup
from django.db.models.expressions import DatabaseDefault, Func

PUBLIC_ID = re.compile(r"[0-9a-f]{24}")


def is_public_id(text: str) -> bool:
    """Whether `text` has the form of an identifier; says nothing of whether a row has it."""
    return PUBLIC_ID.fullmatch(text) is not None


class NewPublicId(Func):
    """The SQL function that makes one identifier (`portal/0001`)."""

    function = "portal_new_id"
    arity = 0
    output_field = models.CharField()


class PublicIdField(models.CharField[str, str]):
    """A primary key made by the database, so that raw SQL gets one too.

    The column's type is the domain `public_id`, which is text in the C collation with a check. As it is not called text, Django adds no
    second `LIKE` index to it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(*args, **kwargs)

    def get_default(self) -> None:
        """Unsaved rows have no identifier, so that `bulk_create` asks the database for theirs."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        return DatabaseDefault(NewPublicId(), output_field=self) if value is None and self.primary_key else value

    def get_prep_value(self, value: Any) -> Any:
        """NUL, which Postgres refuses in any text, as a character that no identifier has: whoever asks for such a one finds nothing."""
        prepared = super().get_prep_value(value)
        return prepared.replace("\0", "\ufffd") if isinstance(prepared, str) else prepared

    def db_type(self, connection: Any) -> str:
        return "public_id"

    def rel_db_type(self, connection: Any) -> str:
        return "public_id"

    def cast_db_type(self, connection: Any) -> str:
        return "public_id"


@models.BigAutoField.register_lookup
@PublicIdField.register_lookup
class Among(Lookup[Any]):
    """`pk__among=RawSQL("select …")`, or a queryset of ids: one of those that a query answers. The query runs first and its rows are found by their key.

    With `in` Postgres would join, guessing a thousand answers of a function, and read all rows of the tenant.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, of_column = self.process_lhs(compiler, connection)
        query, of_query = self.process_rhs(compiler, connection)
        return f"{column} = any (array{query})", (*of_column, *of_query)


class PublicIdConverter:
    """`<id:organization_id>` in a URL pattern: what has not the form of an identifier is no address of ours (404)."""

    regex = "[0-9a-f]{24}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
