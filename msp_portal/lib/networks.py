"""Networks of internet addresses: as people write them, and as Postgres keeps them (`cidr`)."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.db import models

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAPPED_BITS = 96
"""Of an IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`), as some servers tell it: the bits before the IPv4 address."""


class NetworkField(models.Field[str, str]):
    """A network, or one address, in a type of the database that refuses everything else and bits right of the mask."""

    def db_type(self, connection: Any) -> str:
        return "cidr"


def address_of(written: str) -> Address:
    """The address; an IPv4 address in IPv6's dress is taken for what it is.

    :raises ValueError: for anything else.
    """
    address = ip_address(written)
    return getattr(address, "ipv4_mapped", None) or address


def network_of(written: str, *, strict: bool = True) -> Network:
    """The network, or the one address as a network of its own; `192.0.2.0/24`, `192.0.2.7`, `2001:db8::/32`.

    :raises ValueError: for anything else; if `strict`, also for bits right of the mask (`192.0.2.7/24`), which otherwise are dropped.
    """
    if "%" in written:
        raise ValueError("An address with a zone is good on one machine only.")
    network = ip_network(written, strict=strict)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= MAPPED_BITS:
        return IPv4Network((mapped, network.prefixlen - MAPPED_BITS))
    return network


def words_of(network: Network) -> str:
    """As people write it: a single address without its mask."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)
