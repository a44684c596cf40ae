"""The sample providers and their clients, as tables. Months are counted back from the present: 0 is the running one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Client:
    """One organization: users now, the cap (None: No User Cap), and what makes its history its own.

    `peaks` are users who came and went within a month; `hands_over_to` is the client that took over most users last month.
    """

    name: str
    users: int
    cap: int | None = None
    joined: int = 15
    external_id: str = ""
    peaks: Mapping[int, int] = field(default_factory=dict)
    churns: bool = True
    hands_over_to: str = ""


@dataclass(frozen=True)
class Terms:
    """One version of the contract: the month it begins with, its commitment (None: none) and prices."""

    begins: int
    months: int
    committed: int | None
    unit_price: Decimal
    overage_price: Decimal


@dataclass(frozen=True)
class Msp:
    """One provider. `size` is how big its clients were in a month, as a share of now; months in between are interpolated."""

    name: str
    domain: str
    time_zone: str
    package: str
    currency: str
    contract_number: str
    terms: tuple[Terms, ...]
    contact: tuple[str, str, str]
    account_manager: tuple[str, str, str]
    billing: Mapping[str, object]
    clients: tuple[Client, ...]
    size: Mapping[int, float] = field(default_factory=lambda: {0: 1.0, 15: 1.0})


PACKAGES = (
    {
        "code": "platform",
        "name": "Platform",
        "includes": [
            "Cloud directory",
            "Single sign-on",
            "Multi-factor authentication",
            "Device management",
            "Support by e-mail",
        ],
        "unit_price": Decimal("8.50"),
        "overage_price": Decimal("8.50"),
        "currency": "EUR",
    },
    {
        "code": "platform-plus",
        "name": "Platform Plus",
        "includes": [
            "Cloud directory",
            "Single sign-on",
            "Multi-factor authentication",
            "Device management",
            "Conditional access",
            "Patch management",
            "Password manager",
            "Support around the clock",
        ],
        "unit_price": Decimal("11.00"),
        "overage_price": Decimal("13.00"),
        "currency": "USD",
    },
)

TAX_RATES = (
    {"country": "DE", "percent": Decimal(19), "valid_from": date(2007, 1, 1)},
    {"country": "AT", "percent": Decimal(20), "valid_from": date(1984, 1, 1)},
    {"country": "FR", "percent": Decimal(20), "valid_from": date(2014, 1, 1)},
    {"country": "NL", "percent": Decimal(21), "valid_from": date(2012, 10, 1)},
)

# Every state of a cap is met here: none, far, near (10, 5 and 1 left), reached, set below the count, the smallest and the largest.
NORTHWIND_CLIENTS = (
    Client("Alder Dental Group", 24, 24, external_id="ACC-1001"),
    Client("Aspen Ridge Schools", 212, 260, external_id="ACC-1002"),
    Client("Atlas Title & Escrow", 41, 42, external_id="ACC-1003"),
    Client("Bayview Senior Living", 96, 150, external_id="ACC-1004"),
    Client("Beacon Hill Law", 58, 55, external_id="ACC-1005"),
    Client("Brightwater Clinic", 47, 50, external_id="ACC-1006"),
    Client("Brück & Söhne GmbH", 33, None, joined=12, external_id="ACC-1007"),
    Client("Cascade Outfitters", 74, 80, external_id="ACC-1008"),
    Client("Cedar Valley Credit Union", 118, 128, external_id="ACC-1009"),
    Client("Château Dubois Wines", 19, None, joined=9, external_id="ACC-1010"),
    Client("Clearspan Bridges", 62, 100, external_id="ACC-1011"),
    Client("Copper Kettle Brewing", 28, 39, external_id="ACC-1012"),
    Client("Crestline Architects", 36, None, external_id="ACC-1013"),
    Client("Driftwood Hotels", 87, 90, external_id="ACC-1014"),
    Client("Elkhorn Energy", 143, 10_000, external_id="ACC-1015"),
    Client("Evergreen Pediatrics", 52, 60, external_id="ACC-1016"),
    Client("Fairmont Insurance", 66, None, external_id="ACC-1017"),
    Client("Foothill Veterinary", 15, 15, joined=11, external_id="ACC-1018"),
    Client("Glacier Analytics", 31, 45, joined=10, external_id="ACC-1019"),
    Client("Granite Peak Builders", 104, 120, external_id="ACC-1020"),
    Client("Harbor Freight Group", 284, None, external_id="ACC-1021"),
    Client("Harbor Logistics", 7, None, hands_over_to="Harbor Freight Group", external_id="ACC-1022"),
    Client("Highland Dairy Co-op", 49, 59, external_id="ACC-1023"),
    Client("Ironwood Manufacturing", 162, 200, external_id="ACC-1024"),
    Client("Juniper Street Bakery", 9, 20, joined=13, external_id="ACC-1025"),
    Client("Kestrel Aviation", 57, None, external_id="ACC-1026"),
    Client("Lakeside Realty", 22, 22, external_id="ACC-1027"),
    Client("Larkspur Publishing", 17, None, external_id="ACC-1028"),
    Client("Meadowbrook Pharmacy", 13, 18, joined=8, external_id="ACC-1029"),
    Client("Mesa Verde Tours", 26, None, external_id="ACC-1030"),
    Client("Northstar Plumbing", 21, 31, external_id="ACC-1031"),
    Client("Oakfield Orthopedics", 44, None, external_id="ACC-1032"),
    Client("Pinnacle Staffing", 82, 75, external_id="ACC-1033"),
    Client("Quarry Hill Church", 6, None, joined=7, external_id="ACC-1034"),
    Client("Redstone Robotics", 39, 64, joined=10, external_id="ACC-1035"),
    Client("Silver Birch Trust", 1, 1, joined=4, external_id="ACC-1036"),
    Client("Summit Physical Therapy", 34, 40, external_id="ACC-1037"),
    Client("Timberline Transit", 71, None, external_id="ACC-1038"),
    Client("Wildflower Nursery", 11, 25, joined=6, external_id="ACC-1039"),
    Client("Zephyr Wind Services", 12, None, joined=1, external_id="ACC-1040"),
)
HANDED_OVER = 252

BLUEFIN_CLIENTS = (
    Client("Amsel Apotheken", 38, 50, external_id="B-01"),
    Client("Bergmann Logistik", 94, None, external_id="B-02"),
    Client("Café Möwe", 8, 8, joined=10, external_id="B-03"),
    Client("Deichmann & Partner Steuerberater", 27, 30, external_id="B-04"),
    Client("Elbufer Klinik", 126, None, external_id="B-05"),
    Client("Fjord Reederei", 61, 80, external_id="B-06"),
    Client("Gärtnerei Lindhof", 14, None, joined=12, external_id="B-07"),
    Client("Hafenblick Hotels", 72, 75, external_id="B-08"),
    Client("Ingenieurbüro Kröger", 19, None, external_id="B-09"),
    Client("Möbelhaus Petersen", 45, 60, external_id="B-10"),
    Client("Nordlicht Verlag", 23, None, external_id="B-11"),
    Client("Werft Siebeneich", 83, 100, external_id="B-12"),
)

COBALT_CLIENTS = (
    Client("Fable & Finch Architects", 6, 10, joined=10, peaks={1: 2}, churns=False),
    Client("Lumen Optics", 2, None, joined=10, peaks={1: 2}, churns=False),
    Client("Pier 9 Coffee Roasters", 4, 6, joined=10, peaks={1: 1}, churns=False),
)

NORTHWIND = Msp(
    name="Northwind MSP",
    domain="northwind.example",
    time_zone="America/Denver",
    package="platform-plus",
    currency="USD",
    contract_number="NW-20418",
    terms=(
        Terms(begins=15, months=12, committed=2000, unit_price=Decimal("7.80"), overage_price=Decimal("9.75")),
        Terms(begins=3, months=12, committed=2500, unit_price=Decimal("7.25"), overage_price=Decimal("9.50")),
    ),
    contact=("Northwind Service Desk", "help@northwind.example", "+1 303 555 0142"),
    account_manager=("Priya Raman", "priya.raman@vendor.example", "+1 720 555 0177"),
    billing={
        "company": "Northwind MSP, LLC",
        "contact_name": "Grace Lindqvist",
        "contact_email": "grace.lindqvist@northwind.example",
        "contact_phone": "+1 303 555 0190",
        "street": "1400 Wynkoop Street",
        "street_2": "Suite 310",
        "city": "Denver",
        "region": "CO",
        "postal_code": "80202",
        "country": "US",
        "recipients": ["invoices@northwind.example", "grace.lindqvist@northwind.example"],
        "po_number": "PO-77120",
        "tax_number": "84-5550142",
    },
    clients=NORTHWIND_CLIENTS,
    size={0: 1.0, 1: 0.99, 2: 0.967, 3: 0.94, 4: 0.92, 5: 0.90, 6: 0.80, 10: 0.73, 15: 0.64},
)
BLUEFIN = Msp(
    name="Bluefin IT",
    domain="bluefin.example",
    time_zone="Europe/Berlin",
    package="platform",
    currency="EUR",
    contract_number="BF-20977",
    terms=(Terms(begins=13, months=0, committed=None, unit_price=Decimal("8.50"), overage_price=Decimal("8.50")),),
    contact=("Bluefin Leitstand", "support@bluefin.example", "+49 40 5550 170"),
    account_manager=("Jonas Weidner", "jonas.weidner@vendor.example", "+49 30 5550 118"),
    billing={
        "company": "Bluefin IT GmbH",
        "contact_name": "Heike Albers",
        "contact_email": "heike.albers@bluefin.example",
        "contact_phone": "+49 40 5550 171",
        "street": "Kaistraße 12",
        "city": "Hamburg",
        "postal_code": "20457",
        "country": "DE",
        "recipients": ["rechnung@bluefin.example"],
        "tax_number": "DE555017015",
    },
    clients=BLUEFIN_CLIENTS,
    size={0: 1.0, 6: 0.93, 13: 0.82},
)
COBALT = Msp(
    name="Cobalt Services",
    domain="cobalt.example",
    time_zone="UTC",
    package="platform-plus",
    currency="USD",
    contract_number="CS-21630",
    terms=(Terms(begins=10, months=24, committed=14, unit_price=Decimal("10.00"), overage_price=Decimal("12.50")),),
    contact=("Sam Rivera", "sam.rivera@cobalt.example", "+1 415 555 0133"),
    account_manager=("Priya Raman", "priya.raman@vendor.example", "+1 720 555 0177"),
    billing={
        "company": "Cobalt Services",
        "contact_name": "Sam Rivera",
        "contact_email": "sam.rivera@cobalt.example",
        "street": "58 Folsom Street",
        "city": "San Francisco",
        "region": "CA",
        "postal_code": "94105",
        "country": "US",
        "recipients": ["billing@cobalt.example"],
    },
    clients=COBALT_CLIENTS,
)
MSPS = (NORTHWIND, BLUEFIN, COBALT)
