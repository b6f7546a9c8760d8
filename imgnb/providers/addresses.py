"""Which addresses are on the public network, whatever the version of Python knows of that.

Source: the IANA special-purpose address registries for IPv4 and IPv6.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNROUTED = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
)  # protocol assignments, relays to 6to4, examples
"What older versions of `ipaddress` call global."

UNICAST = ipaddress.IPv6Network("2000::/3")
"All of IPv6 that is handed out."

TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"IPv4 behind a translator, the only others that are reached."


def is_public(address: Address) -> bool:
    """True for an address that anybody may have on the internet, and which leads to no other one inside of it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST or (address.sixtofour is not None and not is_public(address.sixtofour)):
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in UNROUTED)
