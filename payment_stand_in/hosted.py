"""The pages that people see: where a method is added, where a card's holder confirms, and the index."""

from typing import Final
from urllib.parse import urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payment_stand_in import adding, confirming, pages
from payment_stand_in.settings import Settings
from payment_stand_in.state import Memory, Shape

POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}"


def answer(request: Request, memory: Memory, settings: Settings) -> Response:
    """The page at the address."""
    first, _, identity = request.path.strip("/").partition("/")
    if request.path == "/style.css":
        return Response(pages.STYLE, mimetype="text/css")
    if request.path == "/readyz":
        return Response("ready", mimetype="text/plain")
    if request.path == "/":
        return html(pages.index())
    if first == "pay":
        return pay(request, memory, settings, identity)
    if first == "confirm":
        return confirm(request, memory, identity)
    return html(pages.over("There is no such page."), 404)


def html(text: str, status: int = 200, returns_to: str = "") -> Response:
    """A page. Its form may lead on to the address that the caller gave, which browsers ask the policy about."""
    parts = urlsplit(returns_to)
    policy = POLICY.format(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "").strip()
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(text, status, headers, mimetype="text/html")


def pay(request: Request, memory: Memory, settings: Settings, identity: str) -> Response:
    """Show the form, or take it and lead on."""
    with memory.transaction() as state:
        session = state.any(identity)
    if session is None or session["object"] != "checkout.session" or session["status"] != "open":
        return html(pages.over("This page was used before, or there is no such page. Go back to where you came from."), 404)
    form = {name: value for name, value in request.form.items() if len(value) <= 200}
    if request.method != "POST":
        return html(pages.pay(session, form), returns_to=session["success_url"])
    return take(memory, settings, session, form)


def take(memory: Memory, settings: Settings, session: Shape, form: dict[str, str]) -> Response:
    """Take the form: on to the success address or to the card's bank, or the same page with the reason why not."""
    problem = ""
    with memory.transaction() as state:
        try:
            intent = adding.add_from(state, settings, session, form)
        except adding.NotTaken as reason:  # inside, as a decline is remembered
            problem = str(reason)
    if problem:
        return html(pages.pay(session, form, problem), 422, session["success_url"])
    waits = intent["status"] == "requires_action"
    return redirect(intent["next_action"]["redirect_to_url"]["url"] if waits else leads_to(session), 303)


def leads_to(session: Shape) -> str:
    """The success address, with the session's id where it asks for it."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def confirm(request: Request, memory: Memory, identity: str) -> Response:
    """Show the two buttons, or take the answer and lead back."""
    with memory.transaction() as state:
        intent = confirming.waiting(state, identity)
        if intent is None:
            return html(pages.over("Nothing waits for a confirmation here."), 404)
        back = confirming.return_url(intent)
        session = state.find("checkout.session", intent["_session"]) if "_session" in intent else None
        given = request.form.get("answer") if request.method == "POST" else None
        if given not in {"confirm", "refuse"}:
            return html(pages.confirm(intent), returns_to=back)
        (confirming.confirm if given == "confirm" else confirming.refuse)(state, intent)
    if session is not None:
        return redirect(leads_to(session) if given == "confirm" else session["url"], 303)
    return redirect(back, 303)
