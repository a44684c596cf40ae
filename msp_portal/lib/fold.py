"""Text without case and accents, as the database folds names (`portal_fold`): to look for words in it, and to sort by."""

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Contains


class Fold(Func):
    """The folded text of an expression."""

    function, output_field = "portal_fold", TextField()


def contains_folded(field: str, words: str) -> Q:
    """That `field` contains `words`, no case, no accents. It reads the rows: no index knows a text's parts."""
    return Q(Contains(Fold(F(field)), Fold(Value(words))))
