"""What the sample's MSPs asked support, and what came of it. No mail is written: all of this was read long ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.actions.cases import add_case, add_turn
from accounts.case_choices import CaseStatus, CaseType, OperatingSystem, Product, Severity
from accounts.models import Administrator, Organization, Person, Provider
from billing.sample.plans import BLUEFIN, NORTHWIND

ACTS: dict[tuple[bool, bool], str] = {
    # by support, with words
    (True, True): "answered",
    (True, False): "moved_on",
    (False, True): "replied",
    (False, False): "closed",
}


@dataclass(frozen=True)
class Turn:
    """What was said so many hours after the case was submitted, by whom (None: support), and how it stood then."""

    hours: float
    by: str | None
    status: CaseStatus
    text: str = ""


@dataclass(frozen=True)
class Told:
    """A case as it was submitted, so many hours before the present."""

    provider: str
    hours_ago: float
    by: str
    subject: str
    kind: CaseType
    product: Product
    severity: Severity
    description: str
    organization: str = ""
    operating_system: str = ""
    turns: tuple[Turn, ...] = ()


CASES: Sequence[Told] = (
    Told(
        *(NORTHWIND.name, 41 * 24 + 5.2, "grace.lindqvist@northwind.example", "PO number missing on our invoices"),
        *(CaseType.QUESTION, Product.INVOICES, Severity.THREE),
        description="Our auditors want the purchase order number on every invoice.\nWhere do we enter it, and does it reach the invoices we already have?",
        turns=(
            Turn(
                *(3.4, None, CaseStatus.SOLVED),
                text="Enter it under Account Management, Billing Information. It stands on every invoice from the next one on; those already issued never change.",
            ),
            Turn(5.1, "grace.lindqvist@northwind.example", CaseStatus.CLOSED),
        ),
    ),
    Told(
        *(BLUEFIN.name, 23 * 24 + 2.5, "heike.albers@bluefin.example", "Mark higher than the users we see"),
        *(CaseType.QUESTION, Product.LICENSES, Severity.THREE),
        description="Hafenblick Hotels shows more users in last month's mark than it has today. Nobody here knows of so many.",
        organization="Hafenblick Hotels",
        turns=(
            Turn(
                *(6.2, None, CaseStatus.ANSWERED),
                text="The mark is the highest number at any instant of the month, and the season's helpers were there for some days.\nThe client's page shows the months; the activity says who was added and when.",
            ),
            Turn(
                *(21.7, "heike.albers@bluefin.example", CaseStatus.IN_PROGRESS),
                text="Found them, thank you. Could the list say when a mark was reached?",
            ),
            Turn(*(27.3, None, CaseStatus.SOLVED), text="It does: open the table below the chart."),
        ),
    ),
    Told(
        *(NORTHWIND.name, 9 * 24 + 1.7, "diego.alvarez@northwind.example", "Laptops do not enrol after the update"),
        *(CaseType.PROBLEM, Product.DEVICES, Severity.TWO),
        description='Since Monday\'s update new laptops stop at "Waiting for the directory".\n\nSteps:\n1. Start the installer as administrator\n2. Enter the enrolment code\n3. It waits, and gives up after ten minutes\n\nMachines that were enrolled before are fine.',
        organization="Evergreen Pediatrics",
        operating_system=OperatingSystem.WINDOWS,
        turns=(
            Turn(4.1, None, CaseStatus.IN_PROGRESS),
            Turn(
                *(6.8, None, CaseStatus.ANSWERED),
                text="Two questions, so that we look in the right place:\n- Is there a proxy between the laptops and the internet?\n- What does the last line of enrol.log say?",
            ),
        ),
    ),
    Told(
        *(NORTHWIND.name, 52.4, "marcus.bell@northwind.example", "429 from the API at the top of the hour"),
        *(CaseType.PROBLEM, Product.API, Severity.TWO),
        description="Our PSA reads the usage of all clients every full hour and is told to slow down (429) for about a minute. What is the limit, and can we read all clients in one call?",
        turns=(
            Turn(
                *(5.9, None, CaseStatus.ANSWERED),
                text="The list of organizations gives up to 100 in one call, so forty clients are one call. Please wait for as long as Retry-After says when you meet a 429.",
            ),
            Turn(
                *(24.6, "marcus.bell@northwind.example", CaseStatus.IN_PROGRESS),
                text="One call it is now. We still see a 429 now and then; is the limit per key or per address?",
            ),
        ),
    ),
    Told(
        *(BLUEFIN.name, 30.6, "heike.albers@bluefin.example", "Sign-in page in German for our clients"),
        *(CaseType.QUESTION, Product.SIGN_ON, Severity.THREE),
        description="Can the sign-in page of our clients' users be in German by default?",
        turns=(Turn(2.2, None, CaseStatus.IN_PROGRESS),),
    ),
    Told(
        *(NORTHWIND.name, 3.2, "olivia.hart@northwind.example", "Raise our commitment before the holidays"),
        *(CaseType.CHANGE, Product.LICENSES, Severity.THREE),
        description="We are near our commitment and two clients hire in December. What would 150 more licences cost from next month on?",
    ),
)


def make_cases(
    providers: Mapping[str, Provider], administrators: Sequence[Administrator], operator: Person, at: datetime
) -> None:
    """All cases with their conversations, and the lines in the log."""
    places = {(place.provider_id, place.email): place for place in administrators}
    for told in CASES:
        _make(told, providers[told.provider], places, operator, at - timedelta(hours=told.hours_ago))


def _make(
    told: Told, provider: Provider, places: Mapping[tuple[str, str], Administrator], operator: Person, submitted_at: datetime
) -> None:
    case = add_case(
        subject=told.subject,
        kind=told.kind,
        product=told.product,
        severity=told.severity,
        organization=Organization.objects.get(provider=provider, name=told.organization) if told.organization else None,
        operating_system=told.operating_system,
        description=told.description,
        by=places[provider.pk, told.by],
        at=submitted_at,
    )
    for turn in told.turns:
        by = places[provider.pk, turn.by] if turn.by else operator
        at = submitted_at + timedelta(hours=turn.hours)
        add_turn(case=case, act=ACTS[turn.by is None, bool(turn.text)], status=turn.status, text=turn.text, by=by, at=at)
