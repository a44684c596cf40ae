"""What happens later: a bank's answer, a debit that comes back."""

from payment_stand_in.state import State


def set_timer(state: State, intent: str, what: str, seconds: float) -> None:
    """Let something happen to the PaymentIntent after so many seconds."""
    state.sql("insert or replace into timers values (?, ?, ?)", (intent, what, state.now() + seconds))


def due(state: State, what: str, *, all_of_them: bool = False) -> list[str]:
    """The PaymentIntents for which it is time, each handed out once."""
    until = float("inf") if all_of_them else state.now()
    rows = state.sql("delete from timers where what = ? and due_at <= ? returning intent", (what, until)).fetchall()
    return [row["intent"] for row in rows]
