"""One child as its supervisor sees it: what it is, what it should be, and the restarts in the window."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from the0_actors.actors.kernel.actor import End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import SystemMessage
from the0_actors.actors.kernel.timers import Timer
from the0_actors.supervisors.child_spec import ChildSpec, Intensity


@dataclass(frozen=True, slots=True)
class ChildEnded(SystemMessage):
    """An incarnation ended; told by the kernel."""

    id: str
    incarnation: int
    end: End


@dataclass(frozen=True, slots=True)
class ChildStarted(SystemMessage):
    """An incarnation came through `on_start`; told by the kernel."""

    id: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class StopOverdue(SystemMessage):
    """A child's stop budget is spent."""

    id: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class RestartDue(SystemMessage):
    """A child's backoff is over."""

    id: str


class Goal(Enum):
    """What a child should be."""

    UP = "up"
    DOWN = "down"
    CYCLE = "cycle"
    """Down first, then up."""


@dataclass(slots=True)
class Child:
    """The record of one child."""

    spec: ChildSpec
    handle: Handle
    goal: Goal = Goal.UP
    alive: bool = False
    ready: bool = False
    """`on_start` has passed."""
    stopping: bool = False
    restarts: int = 0
    failures: int = 0
    """Failures since it last stayed up for a window; the attempt number of the backoff."""
    started_at: float = 0.0
    timer: Timer | None = None
    """The stop budget, or the backoff."""

    def cancel_timer(self) -> None:
        """Forget the timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True)
class Window:
    """The restarts of a supervisor within its period."""

    intensity: Intensity
    times: deque[float] = field(default_factory=deque[float])

    def add(self, now: float) -> bool:
        """Count a restart; False when there are more than the intensity allows."""
        self.times.append(now)
        while self.times and self.times[0] <= now - self.intensity.period:
            self.times.popleft()
        return len(self.times) <= self.intensity.restarts
