"""An invoice's life from its due date on, day by day: the plan is carried out against banks that answer as the test says."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from billing.dunning import Attempt, Method, Situation, plan_of

DUE = date(2026, 12, 5)
LONG_AGO = date(2026, 1, 1)
OWED = Decimal("37.50")


def card(name="Visa", **fields):
    return Method(**{"id": name, "name": name, "is_card": True, "account": name, "added_on": LONG_AGO, **fields})


def bank(name="First Bank", **fields):
    return card(name, is_card=False, **fields)


def situation(*methods, **fields):
    return Situation(**{"due_on": DUE, "owed": OWED, "autopay": True, "ceiling": None, "methods": methods, **fields})


def failed(method, day=DUE, code="insufficient_funds", **fields):
    return Attempt(**{"method": method, "state": "failed", "began_on": day, "ended_on": day, "decline_code": code, **fields})


def days_after(number, since=DUE):
    return since + timedelta(days=number)


def told(plan):
    """What comes, as (days after the due date, method, reason)."""
    return [((step.day - DUE).days, step.method.name, str(step.reason)) for step in plan.steps]


@dataclass
class Play:
    """`answers` gives for each charge (method, number of the charge) the code of the decline, or None for success, and how many days it takes."""

    case: Situation
    answers: object
    charges: list[Attempt] = field(default_factory=list)

    def until(self, last, worker_sleeps=(), events=()):
        """Hour by hour enough for every backup of a day; `events` change the situation on a day."""
        for number in range(last + 1):
            today = days_after(number)
            for event in (event for day, event in events if day == number):
                self.case = event(self.case)
            self._settle(today)
            if number not in worker_sleeps:
                self._work(today)
        return self

    def _work(self, today):
        for _hour in range(12):
            step = plan_of(self.case, today).due(today)
            if step is None:
                return
            assert step.amount == self.case.owed
            assert not any(attempt.is_live for attempt in self.case.attempts), "two charges at once"
            self._add(Attempt(step.method, "processing", today))
            self._settle(today)
        raise AssertionError("the day never ends")

    def _settle(self, today):
        """Let the bank answer, if it is time."""
        if not self.charges or not self.charges[-1].is_live:
            return
        attempt = self.charges[-1]
        code, days = self.answers(attempt.method, len(self.charges) - 1)
        if days_after(days, attempt.began_on) <= today:
            self._end(replace(attempt, state="failed" if code else "succeeded", ended_on=today, decline_code=code or ""))

    def _add(self, attempt):
        self.charges.append(attempt)
        self.case = replace(self.case, attempts=(*self.case.attempts, attempt))

    def _end(self, attempt):
        self.charges[-1] = attempt
        self.case = replace(
            self.case,
            attempts=(*self.case.attempts[:-1], attempt),
            owed=Decimal(0) if attempt.state == "succeeded" else self.case.owed,
        )

    @property
    def made(self):
        return [((charge.began_on - DUE).days, charge.method.name) for charge in self.charges]
