"""Who signs in to the sample, and where. The passwords are known to everyone: this data is for a portal on the own machine."""

from dataclasses import dataclass

from accounts.roles import Role
from billing.sample.plans import BLUEFIN, COBALT, NORTHWIND

OPERATOR_ROLE = "Operator"


@dataclass(frozen=True)
class Place:
    """An administrator's place: at a provider, or at one client of it; `sees` are the clients of a limited one."""

    provider: str
    role: Role
    organization: str | None = None
    sees: tuple[str, ...] = ()
    may_use_api: bool = False


@dataclass(frozen=True)
class Member:
    """A person with the places that he signs in to; the first comes first in the table of sign-ins."""

    first_name: str
    last_name: str
    email: str
    password: str
    places: tuple[Place, ...]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


AT_THE_CAP = "Alder Dental Group"
NEAR_THE_CAP = "Brightwater Clinic"
MANAGED = (
    "Alder Dental Group",
    "Brightwater Clinic",
    "Cascade Outfitters",
    "Driftwood Hotels",
    "Evergreen Pediatrics",
    "Lakeside Realty",
)

CAST = (
    Member(
        "Olivia",
        "Hart",
        "olivia.hart@northwind.example",
        "copper-lantern-41",
        (Place(NORTHWIND.name, Role.ADMINISTRATOR_WITH_BILLING),),
    ),
    Member(
        "Marcus",
        "Bell",
        "marcus.bell@northwind.example",
        "granite-river-52",
        (Place(NORTHWIND.name, Role.ADMINISTRATOR, may_use_api=True),),
    ),
    Member(
        "Grace",
        "Lindqvist",
        "grace.lindqvist@northwind.example",
        "silver-orchard-63",
        (Place(NORTHWIND.name, Role.BILLING_ONLY),),
    ),
    Member(
        "Diego",
        "Alvarez",
        "diego.alvarez@northwind.example",
        "amber-meadow-74",
        (Place(NORTHWIND.name, Role.MANAGER, sees=MANAGED),),
    ),
    Member(
        "Hana",
        "Sato",
        "hana.sato@northwind.example",
        "violet-harbor-85",
        (Place(NORTHWIND.name, Role.HELP_DESK, sees=MANAGED[:3]),),
    ),
    Member("Peter", "Novak", "peter.novak@northwind.example", "quiet-summit-96", (Place(NORTHWIND.name, Role.READ_ONLY),)),
    Member(
        *("Ruth", "Abrams", "ruth.abrams@alder-dental.example", "maple-window-17"),
        places=(Place(NORTHWIND.name, Role.ORGANIZATION_ADMINISTRATOR, AT_THE_CAP, sees=(AT_THE_CAP,)),),
    ),
    Member(
        *("Tom", "Becker", "tom.becker@brightwater-clinic.example", "cedar-bridge-28"),
        places=(Place(NORTHWIND.name, Role.ORGANIZATION_ADMINISTRATOR, NEAR_THE_CAP, sees=(NEAR_THE_CAP,)),),
    ),
    Member(
        "Heike",
        "Albers",
        "heike.albers@bluefin.example",
        "baltic-morning-39",
        (Place(BLUEFIN.name, Role.ADMINISTRATOR_WITH_BILLING),),
    ),
    Member(
        *("Lena", "Vogt", "lena.vogt@hafenblick-hotels.example", "linden-anchor-40"),
        places=(Place(BLUEFIN.name, Role.ORGANIZATION_ADMINISTRATOR, "Hafenblick Hotels", sees=("Hafenblick Hotels",)),),
    ),
    Member(
        *("Sam", "Rivera", "sam.rivera@cobalt.example", "indigo-market-51"),
        places=(Place(COBALT.name, Role.ADMINISTRATOR_WITH_BILLING), Place(BLUEFIN.name, Role.READ_ONLY)),
    ),
)
OPERATOR = Member("Nora", "Whitfield", "nora.whitfield@vendor.example", "orchid-station-62", ())


def staff_of(provider: str) -> list[str]:
    """Names of the MSP's own people who may change users; the ledger and the log name them."""
    return [
        member.name
        for member in CAST
        for place in member.places
        if place.provider == provider
        and place.organization is None
        and place.role in {Role.ADMINISTRATOR_WITH_BILLING, Role.ADMINISTRATOR}
    ]
