"""One child as its supervisor sees it: what it is, what it should be, and the restarts in the window.

Every start has a number of its own, a *run*; what is told about a run that is over is out of date and ignored.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Signal
from the0_actors.actors.kernel.timers import Timer
from the0_actors.supervisors.child_spec import ChildSpec, Intensity


@dataclass(frozen=True, slots=True)
class ChildEnded(Signal):
    """A run ended; told by the kernel."""

    id: str
    run: int
    end: End


@dataclass(frozen=True, slots=True)
class ChildStarted(Signal):
    """A run came through `on_start`; told by the kernel."""

    id: str
    run: int


@dataclass(frozen=True, slots=True)
class StopOverdue(Signal):
    """A run's stop budget is spent."""

    id: str
    run: int


@dataclass(frozen=True, slots=True)
class RestartDue(Signal):
    """The backoff after a run is over."""

    id: str
    run: int


class Goal(Enum):
    """What a child should be."""

    UP = "up"
    DOWN = "down"
    CYCLE = "cycle"
    """Down first, then up."""


class State(Enum):
    """What a child is."""

    DOWN = "down"
    STARTING = "starting"
    """Alive, `on_start` has not passed."""
    UP = "up"
    STOPPING = "stopping"
    """Alive, and told to stop."""


@dataclass(slots=True, eq=False)
class Child:
    """The record of one child."""

    spec: ChildSpec
    handle: Handle
    supervisor: Handle
    goal: Goal = Goal.UP
    state: State = State.DOWN
    run: int = 0
    actor: Actor | None = None
    """Who lives this run."""
    restarts: int = 0
    failures: int = 0
    """Ends since it last stayed up for a window; the attempt number of the backoff."""
    started_at: float = 0.0
    timer: Timer | None = None
    """The stop budget, or the backoff."""

    @property
    def alive(self) -> bool:
        """Whether a run goes on."""
        return self.state is not State.DOWN

    @property
    def ready(self) -> bool:
        """Whether `on_start` has passed and nobody stops it."""
        return self.state is State.UP

    def cancel_timer(self) -> None:
        """Forget the timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def ended(self, end: End) -> None:
        """Tell the supervisor that the present run ended. From any thread; there is no new run before it heard."""
        self.supervisor.tell(ChildEnded(self.spec.id, self.run, end))


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


@dataclass(frozen=True, slots=True)
class ChildSnapshot:
    """One child as its supervisor sees it."""

    path: str
    goal: Goal
    state: State
    restarts: int
    """How often it was restarted because it ended, ever."""
    failures: int
    """Ends since it last stayed up for a window."""
    waiting: bool
    """It waits out its backoff, or its stop budget runs."""


def snapshot(child: Child) -> ChildSnapshot:
    """Return how a child is."""
    return ChildSnapshot(
        path=child.handle.path,
        goal=child.goal,
        state=child.state,
        restarts=child.restarts,
        failures=child.failures,
        waiting=child.timer is not None,
    )
