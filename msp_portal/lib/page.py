"""Answers of the HTML doors: one call that serves the browser with and without htmx (docs/ui.md)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

DIALOG = "dialog"  # the id of the one <dialog> of templates/base.html
INTO_DIALOG_AGAIN = {409, 422}  # a refusal stays where the form is


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    target: str | None = None,
    also: Sequence[str] = (),
    status: int = 200,
    toast: str | Promise | None = None,
    close_dialog: bool = False,
    then: str | None = None,
) -> HttpResponse:
    """The whole page, or for htmx only `fragment` of it, sent to the element of that id (or of the id `target`).

    `also` names further fragments of the same file that changed (out of band, drawn with `oob` true); `toast` says in a few words what was
    done; `close_dialog` closes the dialog the form stood in; `then` is where a browser without htmx goes after the act.
    A GET from the dialog, and a 409 or 422, land in the dialog, where the templates find `in_dialog` true.
    """
    if not wants_fragment(request):
        return _whole_page(request, template, context, status=status, toast=toast, then=then)
    into = target or _place_of(request, fragment, status)
    names = [f"{template}#{name}" for name in (fragment, *also)] if fragment else [template]
    response = _Fragments(request, names, {**(context or {}), "in_dialog": into == DIALOG}, status)
    if into:
        retarget(response, f"#{into}")
        reswap(response, "innerHTML" if into == DIALOG else "outerHTML")
    if toast:
        trigger_client_event(response, "toast", {"text": str(toast)}, after="swap")
    if close_dialog:
        trigger_client_event(response, "close-dialog", {}, after="swap")
    return _varied(response)


def redirect_to(request: HttpRequest, url: str, toast: str | Promise | None = None) -> HttpResponse:
    """Send the browser to a page of ours (303, for htmx HX-Redirect), which shows `toast` as a notice.

    :raises ValueError: when `url` leads to another host; nothing a visitor typed may choose where he goes.
    """
    if not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError(f"{url!r} is not a page of this portal.")
    if toast:
        messages.success(request, str(toast))
    if is_htmx(request):
        return _varied(HttpResponseClientRedirect(url))
    return _varied(HttpResponseRedirect(url, status=303))


def is_htmx(request: HttpRequest) -> bool:
    """True when htmx, not the browser's own navigation, sent the request."""
    return request.headers.get("HX-Request") == "true"


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part; false when it restores or boosts a whole page."""
    return is_htmx(request) and "HX-Boosted" not in request.headers and "HX-History-Restore-Request" not in request.headers


def _whole_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None,
    *,
    status: int,
    toast: str | Promise | None,
    then: str | None,
) -> HttpResponse:
    if then:
        return redirect_to(request, then, toast)
    if toast:
        messages.success(request, str(toast))
    return _varied(TemplateResponse(request, template, {**(context or {}), "in_dialog": False}, status=status))


def _place_of(request: HttpRequest, fragment: str | None, status: int) -> str | None:
    from_dialog = request.headers.get("HX-Target") == DIALOG
    if from_dialog and (request.method == "GET" or status in INTO_DIALOG_AGAIN):
        return DIALOG
    return fragment


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


class _Fragments(TemplateResponse):
    """The first template as it is, the others after it with `oob` true, so that htmx puts each where its id is."""

    def __init__(self, request: HttpRequest, names: Sequence[str], context: dict[str, Any], status: int) -> None:
        super().__init__(request, names[0], context, status=status)
        self.out_of_band = tuple(names[1:])

    @property
    def rendered_content(self) -> SafeString:
        context = self.resolve_context(self.context_data) or {}
        first = self.resolve_template(self.template_name).render(context, self._request)
        others = (self.resolve_template(name).render({**context, "oob": True}, self._request) for name in self.out_of_band)
        return mark_safe("".join([first, *others]))  # noqa: S308 - the parts are rendered templates
