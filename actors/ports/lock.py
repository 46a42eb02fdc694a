"""Port: the one lock on an engine that says who acts on it, for one kind of bots of one installation.

It stands where the engine is, so that the engine's availability is all that acting needs, and it ends with the process
that holds it, on whatever host that lived. Calls block and are made one after the other, except `holds`.
"""

from typing import Protocol


class EngineLock(Protocol):
    """One process's hand on the lock."""

    def take(self, *, by_force: bool = False) -> bool:
        """Take the lock; True when it is ours now, or still. False: somebody else has it.

        `by_force` ends another's hold, living or not: it finds out at its next `look`, or as soon as it asks `holds`.
        Raises `Unavailable` or `Refused` when that is not known.
        """
        ...

    def look(self) -> bool:
        """Ask whether the lock is ours still. Raises `Unavailable` when nobody answers; takes nothing."""
        ...

    def holds(self) -> bool:
        """Tell whether nothing here speaks against our hold: asked before each act, from any thread, at once."""
        ...

    def give_back(self) -> None:
        """Let go of the lock. Nothing held is fine."""
        ...
