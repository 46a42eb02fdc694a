"""The fake engine's daemon: containers in memory, what happens to them by script, and who follows it.

It outlives every runtime; a `FakeEngine` is one runtime's client of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.domain.observed import Exit, Status
from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.ports.engine import EngineEvent, Happening


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    REFUSE = "refuse"
    LOSE = "lose"
    LOSE_AFTER = "lose-after"
    LIE = "lie"


@dataclass
class FakeContainer:
    """One container of the fake daemon."""

    container_id: str
    name: str
    bot_id: str
    installation: str | None
    status: Status
    spec: LaunchSpec | None
    code_hash: str
    fingerprint: str
    birth: Birth
    started_at: float | None = None
    exit: Exit | None = None
    heeds_term: bool = True
    auto_remove: bool = False
    handed_out: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Files that a run handed out, by name."""


def no_fault(_operation: str, _target: str) -> Fault:
    """Let every call succeed."""
    return Fault.NONE


def unheard(_container: FakeContainer) -> None:
    """Take no notice."""


@dataclass
class EngineWorld:
    """The daemon. `fault(operation, target)` is asked before each call; `events_lost` drops all events."""

    clock: Clock
    engine_id: str = "fake-engine"
    fault: Callable[[str, str], Fault] = no_fault
    containers: dict[str, FakeContainer] = field(default_factory=dict[str, FakeContainer])
    kept: dict[str, Kept] = field(default_factory=dict[str, Kept])
    """What bots keep, by id."""
    code: set[str] = field(default_factory=set[str])
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Every call that changed something: operation and bot id."""
    subscribers: "list[FakeSubscription]" = field(default_factory=list)
    events_lost: bool = False
    began: Callable[[FakeContainer], object] = unheard
    """Hears of every start of a program, also when events get lost."""
    deaf: float = 0.0
    """Seconds after its start in which a container loses TERM."""
    unstartable: str = ""
    """Code version whose containers cannot be created: the engine refuses each."""
    made: int = 0
    locks: dict[str, object] = field(default_factory=dict[str, object])
    """Who has which lock, by name."""
    named: dict[str, FakeContainer] = field(default_factory=dict[str, FakeContainer])
    """Those that an engine made, by name."""

    def by_name(self, name: str) -> FakeContainer | None:
        """Return the container of a name, if an engine made it."""
        return self.named.get(name)

    def add(self, container: FakeContainer) -> None:
        """Have one more."""
        self.containers[container.container_id] = self.named[container.name] = container

    def of(self, bot_id: str) -> list[FakeContainer]:
        """Return all containers of a bot."""
        return [c for c in self.containers.values() if c.bot_id == bot_id]

    def starve(self, container: FakeContainer) -> None:
        """Kill one of its processes for lack of memory; it goes on."""
        self.tell(container, Happening.SHORT_OF_MEMORY)

    def die(self, container: FakeContainer, code: int, *, oom: bool = False) -> None:
        """Let a container end by itself."""
        container.status = Status.EXITED
        container.exit = Exit(code, oom, self.clock.wall())
        if oom:
            self.tell(container, Happening.SHORT_OF_MEMORY)
        self.tell(container, Happening.DIED)
        if container.auto_remove:
            self.remove(container)

    def remove(self, container: FakeContainer) -> None:
        """Remove it, by hand or not."""
        self.containers.pop(container.container_id, None)
        if self.named.get(container.name) is container:
            del self.named[container.name]
        self.tell(container, Happening.REMOVED)

    def rename(self, container_id: str, name: str) -> None:
        """Give it another name, by hand."""
        container = self.containers[container_id]
        if self.named.get(container.name) is container:
            del self.named[container.name]
        container.name = name
        self.named[name] = container
        self.tell(container, Happening.OTHER)

    def pause(self, container: FakeContainer) -> None:
        """Pause it by hand."""
        container.status = Status.PAUSED
        self.tell(container, Happening.PAUSED)

    def tell(self, container: FakeContainer, happening: Happening) -> None:
        """Tell all subscribers, unless events get lost."""
        if not self.events_lost:
            ours = container.installation is not None
            event = EngineEvent(container.bot_id, container.container_id, happening, ours)
            for subscriber in tuple(self.subscribers):
                subscriber.emit(event)

    def break_watch(self, reason: str) -> None:
        """End every subscription, as a dropped connection does."""
        for subscriber in tuple(self.subscribers):
            subscriber.close()
            subscriber.ended(reason)


class FakeSubscription:
    """One client's event stream."""

    def __init__(self, world: EngineWorld, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> None:
        self._world, self.emit, self.ended = world, emit, ended
        world.subscribers.append(self)

    def close(self) -> None:
        """End it."""
        if self in self._world.subscribers:
            self._world.subscribers.remove(self)
