"""`ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1): who changes a thing may say which version of it he has seen, and is refused if it is another by now.

A thing may be shown at several addresses, with more or less beside it. The tag of each is `"version"` or `"version.rest"`: any of them names
the version, and each changes with whatever it was sent with, as a strong tag must.
"""

import hashlib
import re
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from msp_portal.lib.wire.answers import WireError, refuse

IF_MATCH: Final = "If-Match"
TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS: Final = re.compile(rf"{TAG}(?:[ \t]*,[ \t]*{TAG})*")
EACH: Final = re.compile(r'(W/)?"([^"]*)"')

PARAMETER: Final[dict[str, Any]] = {
    "in": "header",
    "name": IF_MATCH,
    "required": False,
    "description": "The ETag of an answer seen before: if the organization has changed since, nothing is done and the answer is 412.",
    "schema": {"type": "string", "pattern": rf"^(\*|{TAG}(, ?{TAG})*)$"},
    "example": '"4f0c9a1e6d2b8f375a1c0e9d7b3f6284"',
}
HEADER: Final[dict[str, Any]] = {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}


def digest(*parts: object) -> str:
    """An opaque word of 32 characters: the same for equal parts, another for any other."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def mark(answer: HttpResponseBase, version: str, rest: str = "") -> None:
    """Write the tag of an answer that shows a thing at `version`; `rest` is a digest of what else the answer shows."""
    answer["ETag"] = f'"{version}.{rest}"' if rest else f'"{version}"'


def refuse_another_version(request: HttpRequest, version: str) -> None:
    """Let pass who names `version`, any version (`*`), or none.

    :raises WireError: 412 for other versions and for weak tags, 400 for what is no list of tags.
    """
    written = request.headers.get(IF_MATCH, "*").strip()
    if written == "*":
        return
    if not TAGS.fullmatch(written):
        raise refuse(IF_MATCH, f'{IF_MATCH} is * or a list of ETags, each in its quotes: "…", "…".')
    if version not in {tag.partition(".")[0] for weak, tag in EACH.findall(written) if not weak}:
        raise WireError(412, "The organization has changed since the answer with this ETag. Nothing was changed; read it again.")
