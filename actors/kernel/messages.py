"""Kinds of messages that the kernel treats apart. Everything else is an ordinary user message."""

from collections.abc import Hashable
from dataclasses import dataclass


class SystemMessage:
    """Travels in the system lane: it overtakes all user messages and is never refused for a full mailbox."""

    __slots__ = ()


class Signal(SystemMessage):
    """A system message that nobody misses when its addressee is gone: it never becomes a dead letter."""

    __slots__ = ()


class Notice:
    """Keeps its place among the user messages, and is never refused nor dropped for a full mailbox."""

    __slots__ = ()


class Coalescing:
    """A told message of which one is enough: while one with this key waits, another is dropped. An `ask` is kept."""

    __slots__ = ()

    def coalesce_key(self) -> Hashable:
        """Return what makes two of them the same; the class alone unless overridden."""
        return type(self).__qualname__


class Disposable:
    """A message with something open in it. When it becomes a dead letter it is told to close that."""

    __slots__ = ()

    def dispose(self) -> None:
        """Close what nobody will take. Must not send and returns at once."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Shutdown(Signal):
    """Stop in an orderly way: `on_stop` runs, what waits becomes dead letters."""

    reason: str
