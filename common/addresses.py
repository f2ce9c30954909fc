"""From which address a request comes."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

NETWORK_OF_A_CALLER = 64  # bits: whoever has one IPv6 address has all of its network


def address_of(request: HttpRequest) -> str:
    """Return the caller's address, behind as many proxies as the settings say, or nothing."""
    proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    hops = [hop.strip() for hop in forwarded.split(",")] if forwarded and proxies else []
    text = hops[-min(proxies, len(hops))] if hops else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(text))
    except ValueError:  # a socket of this machine has none
        return ""


def network_of(address: str) -> str:
    """Return what stands for one caller: an IPv4 address, or the network of an IPv6 one."""
    if not address:
        return ""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), NETWORK_OF_A_CALLER), strict=False))
