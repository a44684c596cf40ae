"""Delayed outcomes, when their time has come or a test says so."""

from payment_stand_in import attempts, events, instruments, timers
from payment_stand_in.charges import change_charge, latest
from payment_stand_in.settings import Settings
from payment_stand_in.state import Shape, State


def settle_banks(state: State, settings: Settings, *, now: bool = False) -> int:
    """Let the banks answer; how many did."""
    found = timers.due(state, "bank", all_of_them=now)
    for identity in found:
        settle(state, settings, state.find("payment_intent", identity))
    return len(found)


def settle(state: State, settings: Settings, intent: Shape) -> None:
    """The bank's answer to one debit."""
    method = state.find("payment_method", intent["payment_method"])
    account = instruments.account(method["type"], method["_number"])
    assert account is not None, "only test accounts are kept"
    if account.fails:
        words = instruments.BANK_FAILURES[account.fails]
        attempts.fail(state, intent, latest(state, intent), account.fails, "", words)
        return
    attempts.succeed(state, intent, latest(state, intent))
    if account.is_returned:
        timers.set_timer(state, intent["id"], "return", settings.bank_delay)


def bring_returns(state: State, *, now: bool = False) -> int:
    """Let debits come back and cards be disputed, whose time has come; how many did."""
    returned = timers.due(state, "return", all_of_them=now)
    for identity in returned:
        dispute(state, state.find("payment_intent", identity), "insufficient_funds", "lost")
    disputed = timers.due(state, "dispute", all_of_them=now)
    for identity in disputed:
        dispute(state, state.find("payment_intent", identity), "fraudulent", "needs_response")
    return len(returned) + len(disputed)


def dispute(state: State, intent: Shape, reason: str, status: str) -> Shape:
    """Open a dispute of the whole charge; a bank's return is one that is lost at once."""
    charge = latest(state, intent)
    charge["disputed"] = True
    state.save(charge)
    same = {name: charge[name] for name in ("amount", "currency", "payment_intent")}
    opened = state.add("du", "dispute", {**same, "charge": charge["id"], "reason": reason, "status": status})
    events.tell(state, "charge.dispute.created", opened)
    return close(state, opened, status) if status in {"won", "lost"} else opened


def close(state: State, opened: Shape, status: str) -> Shape:
    """Decide a dispute: `won` by the merchant or `lost`."""
    opened["status"] = status
    if status == "won":
        charge = state.find("charge", opened["charge"])
        change_charge(state, charge, {"disputed": False}, "charge.updated")
    events.tell(state, "charge.dispute.closed", state.save(opened))
    return opened
