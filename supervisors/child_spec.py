"""What a supervisor knows of a child before it lives. OTP's child specification, validated field by field."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from the0_actors.actors.kernel.actor import Actor

LONGEST_SHUTDOWN = 3600.0
"""Seconds; a budget above this is a unit mixed up."""


class Restart(Enum):
    """When an ended child is started again."""

    PERMANENT = "permanent"
    """Always."""
    TRANSIENT = "transient"
    """After a failure; a normal end is the end."""
    TEMPORARY = "temporary"
    """Never, not even with its siblings."""

    def wants(self, *, failed: bool) -> bool:
        """Tell whether a child that ended so is started again."""
        return self is Restart.PERMANENT or (self is Restart.TRANSIENT and failed)


class Strategy(Enum):
    """Who is restarted when one child fails."""

    ONE_FOR_ONE = "one_for_one"
    """That child."""
    ONE_FOR_ALL = "one_for_all"
    """All children."""
    REST_FOR_ONE = "rest_for_one"
    """That child and those after it."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a child waits before it is started again: exponential, with full jitter."""

    base: float = 0.1
    """Seconds, upper bound of the first wait; 0 to start again at once."""
    cap: float = 10.0
    """Seconds, upper bound of every wait."""

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the field."""
        if not 0 <= self.base <= self.cap < float("inf"):
            raise ValueError(f"Backoff: base {self.base!r} and cap {self.cap!r} are not 0 <= base <= cap, both finite")

    def delay(self, attempt: int, rng: random.Random) -> float:
        """Return the wait before restart number `attempt` (from 1), drawn from 0 to the bound."""
        return rng.uniform(0.0, min(self.cap, self.base * 2.0 ** min(attempt - 1, 32)))


@dataclass(frozen=True, slots=True)
class Intensity:
    """How many restarts are an accident; more within `period` seconds are a failure of the supervisor itself."""

    restarts: int = 10
    period: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the field."""
        if self.restarts < 0:
            raise ValueError(f"Intensity.restarts: {self.restarts!r} is negative")
        if not self.period > 0:
            raise ValueError(f"Intensity.period: {self.period!r} is not a positive number of seconds")


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One child. `factory` makes a new incarnation each time and does no work: that belongs into `on_start`."""

    id: str
    """Unique among its siblings; the last part of its path."""
    factory: Callable[[], Actor]
    restart: Restart = Restart.PERMANENT
    shutdown: float = 5.0
    """Seconds that it may take to stop before it is given up. A supervisor needs what its children need, one after
    the other, and a little more."""
    backoff: Backoff = Backoff()

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the field."""
        if not self.id or "/" in self.id:
            raise ValueError(f"ChildSpec.id: {self.id!r} must not be empty nor contain '/'")
        if not callable(self.factory):
            raise TypeError(f"ChildSpec.factory of {self.id!r} is not callable: {self.factory!r}")
        if not isinstance(self.restart, Restart):  # pyright: ignore[reportUnnecessaryIsInstance] - for callers untyped
            raise TypeError(f"ChildSpec.restart of {self.id!r} is not a Restart: {self.restart!r}")
        if not 0 < self.shutdown <= LONGEST_SHUTDOWN:
            raise ValueError(
                f"ChildSpec.shutdown of {self.id!r}: {self.shutdown!r} is not in (0, {LONGEST_SHUTDOWN:g}] seconds"
            )


def check_specs(specs: tuple[ChildSpec, ...]) -> None:
    """Refuse two children of one id."""
    ids = [spec.id for spec in specs]
    doubles = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if doubles:
        raise ValueError(f"ChildSpec.id is not unique: {', '.join(doubles)}")
