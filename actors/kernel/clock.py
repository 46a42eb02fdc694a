"""Clocks. Monotonic for durations, wall time for schedules and display; both are arguments everywhere."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of time, in seconds."""

    def monotonic(self) -> float:
        """Return a time that never goes back; only differences mean something."""
        ...

    def wall(self) -> float:
        """Return Unix time; it may jump."""
        ...


class SystemClock:
    """The machine's clock."""

    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)


class VirtualClock:
    """A clock that moves when told, for simulations. Its wall time can be set apart from its monotonic time."""

    def __init__(self, wall: float = 1_767_225_600.0) -> None:
        self._monotonic = 0.0
        self._offset = wall

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self._monotonic

    def wall(self) -> float:
        """Return monotonic time plus an offset that `step` moves."""
        return self._monotonic + self._offset

    def advance_to(self, monotonic: float) -> None:
        """Move forward; an earlier time is ignored."""
        self._monotonic = max(self._monotonic, monotonic)

    def step(self, seconds: float) -> None:
        """Let the wall clock jump, as an operator or a time service does."""
        self._offset += seconds
