"""Webhooks: each event is sent until the portal's address answers 2xx, with longer and longer pauses, for about three days."""

import hashlib
import hmac
import random
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import urllib3

from payment_stand_in.settings import Settings
from payment_stand_in.state import Memory, State

PATIENCE: Final = 20
LONGEST_PAUSE: Final = 3600.0
FIRST_PAUSE: Final = 1.0
MOST_ATTEMPTS: Final = 80
AT_ONCE: Final = 20


@dataclass(frozen=True)
class Letter:
    """An event on its way to the webhook address."""

    id: str
    body: str


def signature(body: str, secret: str, at: int) -> str:
    """The `Stripe-Signature` header for the body."""
    mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def deliver_due(memory: Memory, settings: Settings) -> int:
    """Send what is due, in order; how many were taken. None while deliveries are paused."""
    with memory.transaction() as state:
        if state.note("paused") == "1":
            return 0
        query = "select id, event from outbox where delivered_at is null and due_at <= ? and attempts < ? order by seq limit ?"
        letters = letters_in(state.sql(query, (state.now(), MOST_ATTEMPTS, AT_ONCE)))
    return sum(send(memory, settings, letter) for letter in letters)


def deliver_now(memory: Memory, settings: Settings, *, times: int, shuffle: bool, threads: int, again: bool) -> int:
    """Send all that wasn't delivered (and `again` what was) `times` over, on so many threads; how many were taken."""
    with memory.transaction() as state:
        which = "" if again else "where delivered_at is null"
        letters = letters_in(state.sql(f"select id, event from outbox {which} order by seq")) * times  # noqa: S608
    if shuffle:
        random.shuffle(letters)
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda letter: send(memory, settings, letter), letters))


def letters_in(rows: Iterable[sqlite3.Row]) -> list[Letter]:
    """The rows as letters."""
    return [Letter(row["id"], row["event"]) for row in rows]


def send(memory: Memory, settings: Settings, letter: Letter) -> bool:
    """Post one event and note what came of it; whether it was taken."""
    with memory.transaction() as state:
        url = state.note("webhook_url", settings.webhook_url)
        secrets = state.note("webhook_secrets", settings.webhook_secret).split(",")
        at = int(state.now())
    header = f"t={at}," + ",".join(signature(letter.body, secret, at).partition(",")[2] for secret in secrets)
    taken = bool(url) and is_taken(url, letter.body, header)
    with memory.transaction() as state:
        note(state, letter, taken=taken)
    return taken


def is_taken(url: str, body: str, header: str) -> bool:
    """Whether the address answered 2xx."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (stand-in)",
    }
    try:
        answer = urllib3.request(
            "POST", url, body=body.encode(), headers=headers, timeout=PATIENCE, retries=False, redirect=False
        )
    except urllib3.exceptions.HTTPError:
        return False
    return 200 <= answer.status < 300


def note(state: State, letter: Letter, *, taken: bool) -> None:
    """Write down that the event was taken, or when it is sent again."""
    if taken:
        state.sql("update outbox set delivered_at = ? where id = ?", (state.now(), letter.id))
        return
    row = state.sql("select attempts from outbox where id = ?", (letter.id,)).fetchone()
    if row is not None:
        pause = min(FIRST_PAUSE * 2 ** min(row["attempts"], MOST_ATTEMPTS), LONGEST_PAUSE)
        state.sql("update outbox set attempts = attempts + 1, due_at = ? where id = ?", (state.now() + pause, letter.id))
