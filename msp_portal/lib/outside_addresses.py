"""Where a customer may send us: addresses of the public internet, and the private networks that the operators named.

A URL is judged twice. What can be said of it without asking anyone is said when it is typed (`target_of`); where its name leads is looked up at
each call, and the call goes to the very address that was judged (`addresses_of`).
"""

import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from msp_portal.lib.networks import Address, address_of

PLAIN: Final = re.compile(r"[!-~]+")  # printable ASCII without spaces: nothing that a parser drops or a header ends by
HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
PORTS: Final = {"https": 443, "http": 80}

NEVER: Final = [
    ip_network(written)
    for written in (
        *("0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
        *(
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
        ),
    )
]
"""Said here too, as what the standard library calls global has changed with its versions. 6to4 and Teredo carry an IPv4 address that the far end of
a tunnel unpacks."""
NAT64: Final = ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """A URL that is not called. `code`: not_a_url, not_https, credentials, forbidden_address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotFound(Exception):
    """The name leads nowhere, or nobody said where in time."""


@dataclass(frozen=True)
class Target:
    """What a URL names."""

    host: str
    port: int
    path: str
    is_encrypted: bool

    @property
    def authority(self) -> str:
        """The header `Host`."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS["https" if self.is_encrypted else "http"] else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """What `url` names, if it is one that may be called as far as can be told without asking anyone.

    :raises NotAllowed: when it is not, such as for an address within the machine or a private network, however it is spelled.
    """
    parts = _parts_of(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.LOOPBACK):
        raise NotAllowed("not_https")
    if "@" in parts.netloc:
        raise NotAllowed("credentials")
    target = Target(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        path=f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}",
        is_encrypted=parts.scheme == "https",
    )
    if spelled := _spelled_address(target.host):
        _check(spelled, target)
    return target


def addresses_of(target: Target, *, seconds: float) -> list[Address]:
    """Where the target is, in the order in which to try. One that is forbidden among them forbids all.

    :raises NotAllowed: forbidden_address.
    :raises NotFound: when its name leads nowhere.
    """
    found = list(dict.fromkeys(_looked_up(target, seconds)))
    for address in found:
        _check(address, target)
    return found


def is_allowed(address: Address) -> bool:
    """Whether an address is one of the public internet, or in a network that the operators named."""
    inner = _unpacked(address)
    if any(inner in network for network in settings.WEBHOOK_NETWORKS):
        return True
    if inner.is_loopback:
        return bool(settings.LOOPBACK)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved and not any(inner in each for each in NEVER)


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_url = PLAIN.fullmatch(url) and "\\" not in url and HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        is_url = None
    if not is_url:
        raise NotAllowed("not_a_url")
    return parts


def _spelled_address(host: str) -> Address | None:
    """The address that `host` spells, as a resolver reads it: `127.1`, `0x7f000001` and `2130706433` as well as `127.0.0.1`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return address_of(str(found[0][4][0]).partition("%")[0])


def _looked_up(target: Target, seconds: float) -> Sequence[Address]:
    """All addresses of the name. A resolver has no time limit of its own that is short enough, so it is waited for in a thread."""
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM).result(seconds)
    except (OSError, UnicodeError):  # a time-out is an OSError
        raise NotFound(target.host) from None
    finally:
        pool.shutdown(wait=False)
    return [ip_address(str(place[4][0]).partition("%")[0]) for place in found]


def _check(address: Address, target: Target) -> None:
    if not is_allowed(address) or not (target.is_encrypted or address.is_loopback):
        raise NotAllowed("forbidden_address")


def _unpacked(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for: mapped, or beyond a network's own NAT64."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
