"""Files that the API hands out beside JSON: which of several is wanted, and how OpenAPI describes them."""

from typing import Any, Final

from django.http import HttpRequest

PDF: Final = "application/pdf"
CSV: Final = "text/csv"


def preferred(request: HttpRequest, *offered: str) -> str:
    """Of the media types offered the one that the client's `Accept` likes best; the first where it likes none, as clients send all sorts."""
    try:
        return request.get_preferred_type(offered) or offered[0]
    except ValueError:  # a header that is none
        return offered[0]


def described(*media_types: str) -> dict[str, Any]:
    """The part of an OpenAPI operation that says: 200 is a file of one of these types, to be saved under the name in the header."""
    name = {"description": "attachment, and the file's name", "schema": {"type": "string"}}
    content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    return {"responses": {200: {"content": content, "headers": {"Content-Disposition": name}}}}
