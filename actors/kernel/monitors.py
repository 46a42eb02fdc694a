"""Watching an actor through its handle: told once that the present incarnation ended, also when it has ended already.

A watch belongs to the incarnation that asked for it and is on the incarnation that lives then: a successor of either
starts afresh. Not thread-safe; the handle locks.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from the0_actors.actors.kernel.end import End
from the0_actors.actors.kernel.messages import Notice

if TYPE_CHECKING:
    from the0_actors.actors.kernel.handle import Handle


@dataclass(frozen=True, slots=True)
class WatchedEnded(Notice):
    """An actor that the receiver watches has ended. What it told the receiver before comes before this."""

    path: str
    """Whose end it is."""
    incarnation: int
    """Which one; 0 when it had never been started."""
    end: End


ALREADY = End("was not running", failed=False)
"""The end of an actor that was watched when it had ended already: how it ended is not kept."""


class Watchers:
    """Who watches one actor."""

    __slots__ = ("_by_handle",)

    def __init__(self) -> None:
        self._by_handle: dict[Handle, int] = {}

    def add(self, watcher: "Handle") -> None:
        """Have `watcher` told; twice is once."""
        self._by_handle[watcher] = watcher.incarnation
        size = len(self._by_handle)
        if size & (size - 1) == 0:  # each time their number doubled: those that ended without unwatching go
            self._by_handle = {handle: number for handle, number in self._by_handle.items() if _is(handle, number)}

    def remove(self, watcher: "Handle") -> None:
        """Have `watcher` not told."""
        self._by_handle.pop(watcher, None)

    def living(self) -> "tuple[Handle, ...]":
        """Return who is to be told, in the order they asked."""
        return tuple(handle for handle, number in self._by_handle.items() if _is(handle, number))

    def __len__(self) -> int:
        """Return how many there are, gone ones included."""
        return len(self._by_handle)


def _is(handle: "Handle", incarnation: int) -> bool:
    return handle.alive and handle.incarnation == incarnation
