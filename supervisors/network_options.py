"""Kinds of settings that name networks and hosts, as comma lists. See `options`."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 4096
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62})){0,20}")


def _listed(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise ValueError
    return [part.strip() for part in text.split(",")]


def _shown(value: object) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, Iterable) else str(value)


@dataclass(frozen=True, slots=True)
class Networks:
    """IP networks; a single address is a network of one."""

    allowed: str = "a comma list of networks such as 10.0.0.0/8 or fd00::/8, with no address bits set below the mask"

    def parse(self, text: str) -> tuple[str, ...]:
        """See `Kind`."""
        return tuple(str(ipaddress.ip_network(part)) for part in _listed(text))

    def show(self, value: object) -> str:
        """See `Kind`."""
        return _shown(value)


@dataclass(frozen=True, slots=True)
class HostNames:
    """Host names without a port, in any case."""

    allowed: str = "a comma list of host names such as bot-runner or runtime.example.com, without ports"

    def parse(self, text: str) -> tuple[str, ...]:
        """See `Kind`."""
        names = tuple(part.lower() for part in _listed(text))
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError
        return names

    def show(self, value: object) -> str:
        """See `Kind`."""
        return _shown(value)
