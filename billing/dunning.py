"""When an open invoice is charged by itself: one plan, the same for showing it and for carrying it out (docs/decisions/0016).

Nothing here reads the database or the clock. The plan has four days: the due date, and 3, 5 and 7 days after the first failed attempt.
At each of them the methods are tried in their order, one at a time, until one pays; of days that were missed only the last is caught up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from billing.bounds import BANK_WORKING_DAYS, RETRY_DAYS
from billing.declines import is_final
from billing.models import LIVE, Charge, ChargeState

Reason = Charge.Reason
SATURDAY: Final = 5


class Stop(TextChoices):
    """Why nothing (more) is charged by itself. The label is a sentence."""

    PAID = "paid", _("Nothing is owed.")
    UNDER_WAY = "under_way", _("A charge is under way.")
    CONFIRMATION = "confirmation", _("A charge waits for confirmation at the bank.")
    AUTOPAY_OFF = "autopay_off", _("Autopay is off, so nothing is charged by itself.")
    OVER_CEILING = "over_ceiling", _("It is more than autopay may charge at once, so nothing is charged by itself.")
    NO_METHOD = "no_method", _("No card or bank account is on file, so nothing is charged by itself.")
    SENT_BACK = "sent_back", _("Money was sent back, so nothing is charged by itself.")
    DISPUTED = "disputed", _("The card's holder took the payment back, so nothing is charged by itself.")
    NONE_LEFT = "none_left", _("None of the payment methods on file can be charged by itself any more.")
    ENDED = "ended", _("Every attempt was declined, and no further one is made by itself.")


@dataclass(frozen=True)
class Method:
    """A card or bank account on file. `account` is the same for the same bank account, however often it is added."""

    id: str
    name: str
    is_card: bool
    account: str
    added_on: date


@dataclass(frozen=True)
class Attempt:
    """A charge of the invoice so far, made by autopay or by a person. `ended_on` is empty while it is under way.

    `came_back`: it had succeeded, and the bank took the money back on `ended_on`.
    """

    method: Method
    state: str
    began_on: date
    ended_on: date | None = None
    decline_code: str = ""
    came_back: bool = False

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def failed(self) -> bool:
        return self.came_back or self.state == ChargeState.FAILED


@dataclass(frozen=True)
class Situation:
    """What the plan of one invoice follows from. `methods` are those on file, the default first. `sent_back`: some of it was refunded."""

    due_on: date
    owed: Decimal
    autopay: bool
    ceiling: Decimal | None
    methods: tuple[Method, ...]
    attempts: tuple[Attempt, ...] = ()
    sent_back: bool = False


@dataclass(frozen=True)
class Step:
    """A charge to come, provided that all before it are declined."""

    day: date
    method: Method
    reason: str
    amount: Decimal


@dataclass(frozen=True)
class Day:
    """The steps of one day: `first` is charged, and if it is declined the `others` in order."""

    day: date
    first: Step
    others: list[Step]


@dataclass(frozen=True)
class Plan:
    """What comes, or why nothing does. `until` is the day by which a charge that is under way should be settled, where one can tell."""

    steps: tuple[Step, ...]
    stop: Stop | None = None
    until: date | None = None

    @property
    def next(self) -> Step | None:
        return self.steps[0] if self.steps else None

    @property
    def days(self) -> list[Day]:
        """The steps by day."""
        grouped = ((day, list(steps)) for day, steps in groupby(self.steps, key=lambda step: step.day))
        return [Day(day, steps[0], steps[1:]) for day, steps in grouped]

    def due(self, today: date) -> Step | None:
        """The one charge to make now, if any."""
        return self.next if self.next and self.next.day <= today else None


def plan_of(case: Situation, today: date) -> Plan:
    """What is charged by itself from `today` on, or why nothing is."""
    if stop := _standstill(case):
        return Plan((), stop, _until(case))
    if steps := tuple(_steps(case, today)):
        return Plan(steps)
    left = any(not _is_finished(method, case.attempts) for method in case.methods)
    return Plan((), Stop.ENDED if left else Stop.NONE_LEFT)


def working_days_after(day: date, number: int) -> date:
    """The day that many working days later; the bank's holidays are not known."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < SATURDAY
    return day


def _standstill(case: Situation) -> Stop | None:
    """Why nothing may be charged by itself whatever the day; what is under way comes before the settings."""
    reasons = {
        Stop.PAID: case.owed <= 0,
        Stop.CONFIRMATION: any(one.state == ChargeState.REQUIRES_ACTION for one in case.attempts),
        Stop.UNDER_WAY: any(one.is_live for one in case.attempts),
        Stop.AUTOPAY_OFF: not case.autopay,
        Stop.DISPUTED: any(one.came_back and one.method.is_card for one in case.attempts),
        Stop.SENT_BACK: case.sent_back or any(one.state == ChargeState.SUCCEEDED and not one.came_back for one in case.attempts),
        Stop.OVER_CEILING: case.ceiling is not None and case.owed > case.ceiling,
        Stop.NO_METHOD: not case.methods,
    }
    return next((stop for stop, holds in reasons.items() if holds), None)


def _until(case: Situation) -> date | None:
    """When the bank should have settled what is under way."""
    waiting = (one for one in case.attempts if one.state == ChargeState.PROCESSING)
    return next((working_days_after(one.began_on, BANK_WORKING_DAYS) for one in waiting), None)


def _steps(case: Situation, today: date) -> Iterator[Step]:
    """The charges to come; of the plan's days that are over only the last one counts, made up for today."""
    days = _days_of_the_plan(case, today)
    present = max((number for number, day in enumerate(days) if day <= today), default=0)
    planned: set[str] = set()
    for number, day in enumerate(days[present:], start=present):
        is_first = not _tried_since(case, day)
        for method in _candidates(case, day, number):
            if method.is_card or method.account not in planned:
                yield Step(max(day, today), method, _reason(number, is_first), case.owed)
                is_first = False
            planned.add(method.account)


def _days_of_the_plan(case: Situation, today: date) -> list[date]:
    """The due date and the days of the retries; while nothing has failed they count from the day of the first attempt."""
    failures = [one.ended_on or one.began_on for one in case.attempts if one.failed and one.began_on >= case.due_on]
    first_failure = min(failures, default=max(case.due_on, today))
    return [case.due_on, *(first_failure + timedelta(days=days) for days in RETRY_DAYS)]


def _candidates(case: Situation, day: date, number: int) -> Iterator[Method]:
    """The methods of one of the plan's days, in order, without those tried since. Who comes later waits for the next such day."""
    tried = _tried_since(case, day)
    known_by = day if number else min((one.began_on for one in tried), default=date.max)
    done = {one.method.id for one in tried}
    for method in case.methods:
        if method.id not in done and method.added_on <= known_by and not _is_finished(method, case.attempts):
            yield method


def _tried_since(case: Situation, day: date) -> list[Attempt]:
    return [one for one in case.attempts if one.began_on >= day]


def _is_finished(method: Method, attempts: tuple[Attempt, ...]) -> bool:
    """Whether nothing but a person tries it again: a bank account whose debit failed once, a card that can't get better."""
    if method.is_card:
        return any(one.method.id == method.id and one.failed and is_final(one.decline_code) for one in attempts)
    return any(one.method.account == method.account and one.failed for one in attempts)


def _reason(number: int, is_first: bool) -> str:
    if not is_first:
        return Reason.BACKUP
    return Reason.RETRY if number else Reason.AUTOPAY
