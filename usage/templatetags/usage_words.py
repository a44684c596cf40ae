"""What templates say of this app's codes."""

from django import template

from usage.queries.ledger import What

register = template.Library()


@register.filter
def event_in_words(what: str) -> str:
    """`moved in`: what an event of the seat ledger was, in the reader's language."""
    return str(What(what).label)
