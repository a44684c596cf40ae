"""Plausible people and machines, the same for the same seed."""

from dataclasses import dataclass
from random import Random
from unicodedata import normalize

from faker import Faker

LOCALES: dict[str, int | float] = {"en_US": 80, "es_ES": 8, "de_DE": 7, "fr_FR": 5}
SYSTEMS = ("Windows 11 Pro", "Windows 11 Pro", "Windows 11 Pro", "macOS 26", "macOS 15", "Ubuntu 24.04", "iOS 26", "Android 16")
KINDS = {"Windows": "LT", "macOS": "MB", "Ubuntu": "WS", "iOS": "PH", "Android": "TB"}


@dataclass(frozen=True)
class SamplePerson:
    first_name: str
    last_name: str
    user_name: str
    email: str


@dataclass(frozen=True)
class SampleDevice:
    name: str
    operating_system: str
    serial_number: str


class Names:
    """Draws names; within one organization no user or device name is given twice."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.faker = Faker(LOCALES, use_weighting=True)
        self.faker.seed_instance(random.getrandbits(32))
        self.taken: set[tuple[str, str]] = set()

    def person(self, organization: str) -> SamplePerson:
        first_name, last_name = self.faker.first_name(), self.faker.last_name()
        user_name = self._free(organization, f"{slug(first_name)}.{slug(last_name)}")
        return SamplePerson(first_name, last_name, user_name, f"{user_name}@{domain_of(organization)}")

    def device(self, organization: str) -> SampleDevice:
        system = self.random.choice(SYSTEMS)
        initials = "".join(word[0] for word in ascii_words(organization))[:3].upper()
        name = self._free(organization, f"{initials}-{KINDS[system.split()[0]]}-{self.random.randint(100, 9999):04d}")
        return SampleDevice(name, system, f"{self.random.getrandbits(40):010X}")

    def _free(self, organization: str, wanted: str) -> str:
        name, number = wanted, 1
        while (organization, name) in self.taken:
            number += 1
            name = f"{wanted}{number}"
        self.taken.add((organization, name))
        return name


def domain_of(organization: str) -> str:
    """A domain that nobody can own (RFC 2606)."""
    return "-".join(ascii_words(organization)[:2]).lower() + ".example"


def slug(name: str) -> str:
    return "".join(ascii_words(name)).lower()


def ascii_words(text: str) -> list[str]:
    plain = normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()
