"""The HTML of the pages: plain forms that need no script. Markup escapes whatever is put into it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from markupsafe import Markup

from payment_stand_in import instruments
from payment_stand_in.state import Shape

STYLE: Final = Path(__file__).with_name("style.css").read_text()
PAGE: Final = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title><link rel="stylesheet" href="/style.css"></head>'
    "<body><header>Test page: no money is moved</header><main><h1>{title}</h1>{body}</main></body></html>"
)
FIELD: Final = Markup(
    '<p><label for="{name}">{label}</label><input id="{name}" name="{name}" value="{value}" required autocomplete="off"{more}></p>'
)
WORDS: Final = {"card": "card", "us_bank_account": "bank account (USA)", "sepa_debit": "bank account (SEPA)"}
ORIGINAL: Final = Markup(
    "<p>This is the portal's stand-in for the payment provider. It speaks part of Stripe's public API, takes only the "
    "published test numbers below, and never talks to a bank. Never enter a real number.</p>"
)


def page(title: str, *parts: Markup) -> str:
    """A whole page."""
    return PAGE.format(title=title, body=Markup().join(parts))


def index() -> str:
    """What this is, and all test numbers."""
    return page(
        "Payment provider (stand-in)",
        ORIGINAL,
        Markup("<h2>Test cards</h2>"),
        numbers("card"),
        Markup("<h2>Test bank accounts, USA</h2>"),
        numbers("us_bank_account"),
        Markup("<h2>Test bank accounts, SEPA</h2>"),
        numbers("sepa_debit"),
    )


def numbers(kind: str) -> Markup:
    """The test numbers of a kind of method, with what each does."""
    if kind == "card":
        return listed((grouped(one.number), one.words) for one in instruments.CARDS)
    routing = (
        Markup("<p>Routing number: <code>{}</code></p>").format(instruments.US_ROUTING) if kind == "us_bank_account" else Markup()
    )
    return routing + listed((one.number, one.words) for one in instruments.ACCOUNTS[kind])


def listed(rows: Iterable[tuple[str, str]]) -> Markup:
    """Numbers and words as a list."""
    item = Markup("<li><code>{}</code> <span>{}</span></li>")
    return Markup('<ul class="numbers">{}</ul>').format(Markup().join(item.format(*row) for row in rows))


def grouped(number: str) -> str:
    """A card's number as it is printed on the card."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def pay(session: Shape, form: dict[str, str], problem: str = "") -> str:
    """The page on which a method is added."""
    kind = session["payment_method_types"][0]
    action = Markup('<form method="post">{fields}<p class="acts"><button>Add this {kind}</button>{cancel}</p></form>')
    cancel = Markup('<a href="{}">Cancel and go back</a>').format(session["cancel_url"]) if session["cancel_url"] else Markup()
    alert = Markup('<p class="problem" role="alert">{}</p>').format(problem) if problem else Markup()
    words = WORDS[kind]
    return page(
        f"Add a test {words}",
        alert,
        action.format(fields=fields(kind, form), kind=words.split(" (", maxsplit=1)[0], cancel=cancel),
        Markup("<h2>Numbers that this page takes</h2>"),
        numbers(kind),
    )


def fields(kind: str, form: dict[str, str]) -> Markup:
    """The fields for a kind of method."""
    digits = Markup(' inputmode="numeric"')
    wanted = {
        "card": [("number", "Test card number", digits), ("expiry", "Expiry (month / year)", Markup(' placeholder="12 / 34"'))],
        "us_bank_account": [("routing", "Routing number", digits), ("number", "Test account number", digits)],
        "sepa_debit": [("number", "Test IBAN", Markup())],
    }[kind]
    rows = [*wanted, ("name", "Name of the holder", Markup(' maxlength="200"'))]
    return Markup().join(FIELD.format(name=name, label=label, value=form.get(name, ""), more=more) for name, label, more in rows)


def confirm(intent: Shape) -> str:
    """The page of the card's bank, on which its holder confirms."""
    what = "this payment" if intent["object"] == "payment_intent" else "that this card may be charged later"
    return page(
        "Your bank asks (3-D Secure)",
        Markup("<p>Confirm {}.</p>").format(what),
        Markup(
            '<form method="post"><p class="acts"><button name="answer" value="confirm">Confirm</button>'
            '<button name="answer" value="refuse" class="second">Refuse</button></p></form>'
        ),
    )


def over(words: str) -> str:
    """There is nothing to do here."""
    return page("Nothing to do here", Markup("<p>{}</p>").format(words))
