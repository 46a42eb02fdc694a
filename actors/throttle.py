"""How many bots may be on their way to a container at once, when very many are to start. Pure.

Additive increase, multiplicative decrease, as in TCP: each start that takes as long as starts do lets a fraction of one
more go; lateness of our own turns, or starts that take far longer than they did, take a share away at once. Who runs
late, because of itself or of its neighbours on the machine, so slows down what can wait, and not what cannot: renewing
the right to act, stops, exits.
"""

from dataclasses import dataclass, replace

LATE = 0.25
"""Seconds that a turn may be late: what an event may take while others start. The lock bears 18 times as much."""
SLOW = 3.0
"""Times the usual duration of a start: above, it waits in the engine for others that we sent there."""
QUICK = 0.25
"""Seconds; a start that takes less is not slow, whatever is usual."""
DRIFT = 0.01
"""Share by which the usual duration follows longer ones: an engine may have become slower for good."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of how many may be on their way at once."""

    least: int = 2
    """However late we are: somebody is always on the way, and while one waits for the engine another does not."""
    calls: int = 8
    """Starts that the engine is given at once. With fewer on their way it would idle, so slow starts go no lower."""
    most: int = 32
    """More would queue before the engine, and whatever comes next behind them."""

    @classmethod
    def of(cls, calls: int) -> "Bounds":
        """Return those for an engine that is given so many starts at once."""
        return cls(min(2, calls), calls, 4 * calls)


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many may be on their way now, and what that follows from."""

    bounds: Bounds
    size: float
    usual: float | None = None
    """Seconds that a start takes when it does not wait for others; None before the first."""
    spared: int = 0
    """Starts to come that were on their way when the size was cut: they say nothing about the new one."""

    @classmethod
    def fresh(cls, bounds: Bounds) -> "Throttle":
        """Begin between the bounds."""
        return cls(bounds, float(min(2 * bounds.calls, bounds.most)))

    @property
    def limit(self) -> int:
        """How many may be on their way."""
        return int(self.size)


def after_start(throttle: Throttle, seconds: float) -> Throttle:
    """Return the throttle after a start that took so long, from the moment it was the engine's turn."""
    usual = throttle.usual
    usual = seconds if usual is None else min(seconds, usual + DRIFT * (seconds - usual))
    throttle = replace(throttle, usual=usual)
    if throttle.spared:
        return replace(throttle, spared=throttle.spared - 1)
    if seconds > max(SLOW * usual, QUICK):
        return _cut(throttle, throttle.bounds.calls)
    return replace(throttle, size=min(throttle.size + 1.0 / throttle.size, float(throttle.bounds.most)))


def after_turn(throttle: Throttle, late: float) -> Throttle:
    """Return the throttle after a turn that was taken so many seconds after it was due."""
    return _cut(throttle, throttle.bounds.least) if late > LATE else throttle


def _cut(throttle: Throttle, least: int) -> Throttle:
    size = max(throttle.size / 2.0, float(least))
    if size >= throttle.size:
        return throttle
    return replace(throttle, size=size, spared=throttle.limit)
