"""How the JSON API's addresses may be written."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def forgive_trailing_slash(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Clients write the API's addresses with and without a slash at the end; a redirect would lose what they post."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return get_response(request)

    return middleware
