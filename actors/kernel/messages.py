"""Kinds of messages that the kernel treats apart. Everything else is an ordinary user message."""

from collections.abc import Hashable
from dataclasses import dataclass


class SystemMessage:
    """Travels in the system lane: it overtakes all user messages and is never refused for a full mailbox."""

    __slots__ = ()


class Coalescing:
    """A message of which one is enough: while one with this key waits, another is dropped."""

    __slots__ = ()

    def coalesce_key(self) -> Hashable:
        """Return what makes two of them the same; the class alone unless overridden."""
        return type(self).__qualname__


@dataclass(frozen=True, slots=True)
class Shutdown(SystemMessage):
    """Stop in an orderly way: `on_stop` runs, what waits becomes dead letters."""

    reason: str
