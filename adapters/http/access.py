"""Who may ask for what. Pure.

A peer counts by its address, and must name this host by a name that no web page can own: a page may have its own name
resolve to our address (DNS rebinding), and a browser then sends that name along.
"""

import ipaddress
from dataclasses import dataclass

from the0_actors.adapters.http.request import Request


@dataclass(frozen=True, slots=True)
class Access:
    """What an operator allows beyond this host. The defaults allow nothing."""

    networks: tuple[str, ...] = ()
    """Networks (`10.0.0.0/8`) whose peers see the status."""
    names: tuple[str, ...] = ()
    """Names of this host, beside `localhost` and the address that is asked."""

    def named(self, request: Request) -> bool:
        """Tell whether a request names this host, or nobody: what names nobody is no browser."""
        host = request.host
        return host is None or is_loopback(host) or _same(host, request.here) or host in self.names

    def local(self, request: Request) -> bool:
        """Tell whether this host asks, by one of its names."""
        return is_loopback(request.peer) and self.named(request)

    def sees_status(self, request: Request) -> bool:
        """Tell whether the status is for this peer."""
        return self.named(request) and (is_loopback(request.peer) or self._invited(request.peer))

    def _invited(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in ipaddress.ip_network(network) for network in self.networks)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this one, for certain."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _same(host: str, here: str) -> bool:
    address = _address(host)
    return address is not None and address == _address(here)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address, an IPv4 one also when it is written as IPv6; None for what is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
