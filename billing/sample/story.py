"""What happened at each client: who came, who went and when, ending with the users and devices that its plan names."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from billing.sample.calendar import Window, window
from billing.sample.names import Names, SampleDevice, SamplePerson
from billing.sample.plans import HANDED_OVER, Client, Msp

LEAVE_A_MONTH = 0.012
HANDOVER_MONTH = 1
STAGED, SUSPENDED = 0.02, 0.05  # shares; the second counts from the first


@dataclass(frozen=True)
class Event:
    """One statement of the past: `do` says which (`player.py`), `by` is the name that the ledger notes."""

    at: datetime
    do: str
    organization: str
    by: str
    details: dict[str, Any] = field(default_factory=dict)


class House:
    """One client while its story is told."""

    def __init__(self, client: Client, msp: Msp, names: Names, random: Random, actors: Sequence[str]) -> None:
        self.client, self.msp, self.names, self.random, self.actors = client, msp, names, random, actors
        self.people: list[SamplePerson] = []
        self.devices: list[SampleDevice] = []
        self.devices_a_user = random.uniform(0.75, 1.15)
        self.events: list[Event] = []
        self.changes: list[tuple[datetime, int]] = []

    def tell(self, month: Window) -> None:
        """One month. In the first the organization is opened."""
        if month.back > self.client.joined:
            return
        if month.back == self.client.joined:
            self._open(month)
        else:
            self._go_on(month)
        for extra in filter(None, [self.client.peaks.get(month.back)]):
            self._peak(month, extra)
        self._devices(month)

    def hand_over(self, other: "House", month: Window) -> None:
        """Most of the users go to another client of the same MSP, late in the month."""
        at = month.moments(self.random, 1, 0.72, 0.76)[0]
        going = [person for person in self.people if (other.client.name, person.user_name) not in self.names.taken][:HANDED_OVER]
        self._note(at, "move", to=other.client.name, names=[person.user_name for person in going])
        self.people = [person for person in self.people if person not in going]
        other.people += going
        other.changes.append((at, len(going)))
        self.changes.append((at, -len(going)))

    def set_cap(self, at: datetime) -> None:
        """The cap that the plan names, early where it never stood in the way, else after the last change."""
        if self.client.cap is None:
            return
        times = sorted(self.changes)
        most = max(accumulate(delta for _when, delta in times))
        early = at - timedelta(days=self.random.randint(20, 200), minutes=self.random.randint(0, 600))
        fits = most <= self.client.cap and early > times[0][0]
        latest = times[-1][0]
        self._note(early if fits else latest + (at - latest) / 2, "cap", user_cap=self.client.cap)

    def _open(self, month: Window) -> None:
        opened = month.moments(self.random, 1, 0.01, 0.12)[0]
        self._note(opened, "open", name=self.client.name, external_id=self.client.external_id, **self._contact())
        self._join(opened + 0.3 * timedelta(hours=1), self._target(month.back))

    def _go_on(self, month: Window) -> None:
        wanted = self._target(month.back) - len(self.people)
        leaving = sum(self.random.random() < LEAVE_A_MONTH for _ in self.people) if self.client.churns else 0
        leaving = max(leaving, -wanted)
        joining = wanted + leaving
        batches = 2 if joining > 4 else 1
        early = month.back == HANDOVER_MONTH
        moments = month.moments(self.random, batches + 1, end=0.6 if early else 0.92)
        self.random.shuffle(moments)
        self._leave(moments.pop(), leaving)
        for place, at in enumerate(sorted(moments)):
            self._join(at, joining // batches + (joining % batches if place == 0 else 0))

    def _peak(self, month: Window, extra: int) -> None:
        came, went = (month.starts_at + share * (month.ends_at - month.starts_at) for share in (0.30, 0.65))
        came, went = (at + timedelta(minutes=self.random.randint(0, 90)) for at in (came, went))
        guests = self._join(came, extra)
        self._note(went, "leave", names=[person.user_name for person in guests])
        self.people = [person for person in self.people if person not in guests]
        self.changes.append((went, -len(guests)))

    def _join(self, at: datetime, count: int) -> list[SamplePerson]:
        came = [self.names.person(self.client.name) for _ in range(count)]
        if came:
            self.people += came
            self.changes.append((at, count))
            self._note(at, "join", rows=[{**asdict(person), **self._state(at)} for person in came])
        return came

    def _leave(self, at: datetime, count: int) -> None:
        if count:
            gone = self.random.sample(self.people, count)
            self.people = [person for person in self.people if person not in gone]
            self.changes.append((at, -count))
            self._note(at, "leave", names=[person.user_name for person in gone])

    def _devices(self, month: Window) -> None:
        wanted = round(self._target(month.back) * self.devices_a_user) - len(self.devices)
        at = max(
            month.moments(self.random, 1)[0],
            self.events[0].at + timedelta(hours=2) if month.back == self.client.joined else month.starts_at,
        )
        if wanted > 0:
            new = [self.names.device(self.client.name) for _ in range(wanted)]
            self.devices += new
            self._note(at, "add", rows=[asdict(device) for device in new])
        elif wanted < 0:
            gone = self.random.sample(self.devices, -wanted)
            self.devices = [device for device in self.devices if device not in gone]
            self._note(at, "retire", names=[device.name for device in gone])

    def _target(self, back: int) -> int:
        """How many users at the end of that month."""
        users = self.client.users
        if back == 0 or not self.client.churns:
            return users
        if self.client.hands_over_to:
            users += HANDED_OVER
        if any(client.hands_over_to == self.client.name for client in self.msp.clients):
            users -= HANDED_OVER
        return max(1, round(users * size_of(self.msp, back) * self.random.uniform(0.99, 1.01)))

    def _state(self, at: datetime) -> dict[str, str | None]:
        drawn = self.random.random()
        if drawn < STAGED:
            return {"state": "staged", "suspended_at": None}
        if drawn < SUSPENDED:
            return {"state": "suspended", "suspended_at": at.isoformat()}
        return {"state": "active", "suspended_at": None}

    def _contact(self) -> dict[str, str]:
        person = self.names.person(self.client.name)
        return {"contact_name": f"{person.first_name} {person.last_name}", "contact_email": person.email}

    def _note(self, at: datetime, do: str, **details: Any) -> None:
        self.events.append(Event(at, do, self.client.name, self.random.choice(self.actors), details))


def story_of(msp: Msp, names: Names, random: Random, actors: Sequence[str], at: datetime) -> list[Event]:
    """Everything that happened at the provider's clients until `at`, in the order it happened."""
    houses = {client.name: House(client, msp, names, random, actors) for client in msp.clients}
    for back in range(max(client.joined for client in msp.clients), -1, -1):
        month = window(msp.time_zone, at, back)
        for house in houses.values():
            house.tell(month)
        for house in houses.values():
            if back == HANDOVER_MONTH and house.client.hands_over_to:
                house.hand_over(houses[house.client.hands_over_to], month)
    for house in houses.values():
        house.set_cap(at)
    return sorted((event for house in houses.values() for event in house.events), key=lambda event: event.at)


def size_of(msp: Msp, back: int) -> float:
    """The share of now that the provider's clients had at the end of that month, between the months that the plan names."""
    newer = max(month for month in msp.size if month <= back)
    older = min((month for month in msp.size if month >= back), default=newer)
    if newer == older:
        return msp.size[newer]
    share = (back - newer) / (older - newer)
    return msp.size[newer] + share * (msp.size[older] - msp.size[newer])
