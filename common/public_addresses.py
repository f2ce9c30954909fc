"""Which addresses belong to the public internet, and whether a host is written as an address.

The networks are those of the IANA registries of special-purpose addresses that are not globally
reachable, named here because Python's `is_global` differs between its patch releases.
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

NEVER_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # public by its number, but a cloud's own service for its machines
    )
)  # fmt: skip
# All unicast addresses that reach anybody; what else there is serves inside networks.
GLOBAL_V6 = IPv6Network("2000::/3")
NEVER_V6 = tuple(IPv6Network(one) for one in ("2001::/23", "2001:db8::/32", "3fff::/20"))
NAT64 = IPv6Network("64:ff9b::/96")
# A last label like these makes a host an IPv4 address, however it is written, or nothing at all.
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)\Z")


def is_public(address: Address) -> bool:
    """Say whether an address is anybody's in the internet, judging what it carries inside."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NEVER_V4)
    carried = carried_address(address)
    if carried is not None:
        return is_public(carried)
    return address in GLOBAL_V6 and not any(address in network for network in NEVER_V6)


def carried_address(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a mapped, 6to4 or NAT64 address leads to, if it is one."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def literal_address(host: str) -> Address | None:
    """Return the address that a host is, in any way of writing it, or None for a name.

    Reads decimal, octal, hexadecimal and short forms as the resolver does. Raises ValueError for
    what looks like an address and is none.
    """
    if ":" in host:
        return ip_address(host)
    if not NUMBER.match(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError as error:
        raise ValueError(f"{host} is no address") from error
