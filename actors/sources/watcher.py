"""The engine's watcher: list, watch, relist.

It watches first and lists then, so that nothing falls between. A relist at a fixed interval mends what an event that
was lost would have told; a watch that has been silent for too long is opened anew: a dead connection is silent too.

Between listings the engine is only asked whether it answers, so that one that hangs is known within seconds. When it
answers again it is listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.following import Following
from the0_actors.actors.identity import group, strangers
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.messages import Coalescing
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, ContainerChanged, ContainersListed, RelistSoon, Tick
from the0_actors.actors.ports.engine import Engine, EngineEvent, Subscription, closed
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.retry import Backoff


@dataclass(frozen=True, slots=True)
class WatchEnded:
    """The stream is over."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProbeDue(Coalescing):
    """It is time to ask whether the engine answers."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What the watcher works with."""

    engine: Callable[[], Engine]
    """The engine, once this runtime is active."""
    installation: Callable[[], str]
    """Whose containers are ours, likewise."""
    lane: Lane
    fleet: Handle
    lease: Handle
    following: Following
    """What is told of the watch to whom it concerns."""
    relist: float = 60.0
    """Seconds between listings."""
    silence: float = 300.0
    """Seconds without an event after which the watch is opened anew."""
    deadline: float = 60.0
    probe: float = 3.0
    """Seconds between two questions whether the engine answers."""
    answer: float = 5.0
    """Seconds after which an engine that has not answered counts as away."""


class EngineWatcher(Actor):
    """Watches one engine. `parts` and `strangers` may be read from any thread."""

    ahead = True

    def __init__(self, watching: Watching) -> None:
        super().__init__()
        self._watching = watching
        self._subscription: Subscription | None = None
        self._number = 0
        self._watch: int | None = None
        """Of the watch that is open."""
        self._listing_under: int | None = None
        """The watch that was open when the listing under way began."""
        self._active = False
        self._listing = False
        self._relist = False
        self._opening = False
        self._timer: Timer | None = None
        self._probing = False
        self._mute = False
        self._probe_timer: Timer | None = None
        self._backoff = Backoff(cap=10.0)
        self._heard = 0.0
        self.strangers: tuple[str, ...] = ()
        """One line for each other installation that has containers on the engine."""
        self.parts: tuple[PartStatus, ...] = (PartStatus("engine", ok=False, required=True, note="not asked yet"),)

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._watching.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take an answer, an end, or the time."""
        match message:
            case ActiveMoved(active):
                self._activate(active=active)
            case ProbeDue():
                self._probe()
            case Completed(token="probe"):
                self._probed(message)
            case Completed(overdue=True):
                self._note(ok=False, note=f"{message.token} takes too long")
            case Completed(token="watch"):
                self._opened(message)
            case Completed(token="list"):
                self._listed(message)
            case WatchEnded():
                self._ended(message)
            case Tick():
                self._tick()
            case RelistSoon():
                self._list()
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Close the stream."""
        self._close()
        for timer in (self._timer, self._probe_timer):
            if timer is not None:
                timer.cancel()

    def on_failure(self, *_about: Any, **_more: Any) -> None:
        """Stop as always: what is left open would go on beside what a successor opens."""
        self.on_stop()

    def _activate(self, *, active: bool) -> None:
        self._active = active
        if active:
            self._open()
            self._probe()
        else:
            self._close()
            self._note(ok=False, note="standby")

    def _open(self) -> None:
        if self._opening or not self._active:
            return
        self._opening = True  # what has been silent for long is closed when its successor is open
        self._number = self.system.next_run()  # unlike any of a predecessor, whose end may be told late
        number, fleet, handle = self._number, self._watching.fleet, self.handle

        def emit(event: EngineEvent) -> None:
            self._heard = self.system.clock.monotonic()
            if event.ours:
                fleet.tell(ContainerChanged(event.bot_id, event.container_id, event.happening))
            else:
                handle.tell(RelistSoon())

        def ended(reason: str) -> None:
            handle.tell(WatchEnded(number, reason))

        engine = self._watching.engine()
        self._watching.lane.submit(
            "watch",
            lambda: engine.watch(emit, ended),
            handle,
            "watch",
            self._watching.deadline,
            urgent=True,
            disposer=closed,
        )

    def _opened(self, done: Completed) -> None:
        self._opening = False
        if done.error is not None:
            self._failed(f"cannot watch: {done.error}")
            return
        subscription: Any = done.value
        if self.actor_stopped.is_set() or not self._active:
            subscription.close()
            return
        self._close()  # one that was silent, or an answer to a predecessor that failed
        self._subscription, self._watch = subscription, self.system.next_run()
        self._heard = self.system.clock.monotonic()
        self._list()

    def _list(self) -> None:
        if not self._active:
            return
        if self._listing:
            self._relist = True  # what asks now may have happened after the listing under way began
            return
        self._listing, self._relist = True, False
        self._listing_under = self._watch
        engine = self._watching.engine()
        self._watching.lane.submit("list", engine.everyone, self.handle, "list", self._watching.deadline, urgent=True)

    def _listed(self, done: Completed) -> None:
        self._listing = False
        if done.error is not None:
            self._close()
            self._failed(f"cannot list: {done.error}")
            return
        everyone: Any = done.value
        ours = self._watching.installation()
        self.strangers = strangers(group(one for one in everyone if one.installation != ours), ours)
        self._backoff.reset()
        self._note(ok=True, note="followed and listed")
        containers = tuple(one for one in everyone if one.installation in {None, ours})
        watch = self._watch if self._watch == self._listing_under else None
        self._watching.fleet.tell(ContainersListed(done.began, containers, watch))
        self._watching.following.watch = watch
        self._again(0.0 if self._relist else self._watching.relist)

    def _failed(self, note: str) -> None:
        self._note(ok=False, note=note)
        self._again(self._backoff.next(self.system.rng))

    def _ended(self, message: WatchEnded) -> None:
        if message.number == self._number and self._subscription is not None:
            self._close()
            self._failed(f"the event stream ended: {message.reason}")

    def _tick(self) -> None:
        silent = self.system.clock.monotonic() - self._heard > self._watching.silence
        if self._subscription is None or silent:
            self._open()
        else:
            self._list()

    def _probe(self) -> None:
        if self._probing or not self._active:
            return
        self._probing = True
        engine, watching = self._watching.engine(), self._watching
        key = f"probe {self.handle.path}"
        watching.lane.submit(key, engine.ping, self.handle, "probe", watching.answer, urgent=True)

    def _probed(self, done: Completed) -> None:
        if self._active and (done.overdue or done.error is not None):
            self._mute = True
            self._note(ok=False, note=f"no answer: {done.error or f'for {self._watching.answer:g} s'}")
        elif self._mute and done.error is None:
            self._mute = False
            self._tick()
        if not done.overdue:  # else the call is still under way, and its end will be told
            self._probing = False
            if self._probe_timer is not None:
                self._probe_timer.cancel()
            self._probe_timer = self.system.after(self._watching.probe, self.handle, ProbeDue())

    def _again(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())

    def _close(self) -> None:
        subscription, self._subscription = self._subscription, None
        self._watch = self._watching.following.watch = None
        if subscription is not None:
            subscription.close()

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus("engine", ok=ok, required=True, note=note),)
