"""The actor system: what every actor is given, in one place, and nothing global.

Keeps the dispatcher, the clock and timers, the randomness, the dead letters and the index of handles by path. Two
systems in one process know nothing of each other, and none puts anything into pykka's registry.
"""

import itertools
import random
import threading
from collections.abc import Callable
from functools import partial

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.dead_letters import DeadLetters
from the0_actors.actors.kernel.dispatcher import Dispatcher, Observable
from the0_actors.actors.kernel.end import End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.snapshots import SystemSnapshot
from the0_actors.actors.kernel.timers import Timer, Timers

DEFAULT_THROUGHPUT = 50
"""Messages that one turn handles before others get theirs."""


class ActorSystem:
    """Dispatcher, time, chance and names for a set of actors."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        timers: Timers,
        *,
        rng: random.Random,
        dead_letters: DeadLetters | None = None,
        throughput: int = DEFAULT_THROUGHPUT,
    ) -> None:
        self.dispatcher = dispatcher
        self.clock = clock
        self.timers = timers
        self.rng = rng
        self.dead_letters = dead_letters or DeadLetters()
        self.throughput = throughput
        self.now = clock.monotonic
        """Monotonic time, by a way short enough to be read for each message."""
        self.guard = threading.Lock()
        """Held for an instant to change what a path stands for; nothing is called under it."""
        self._handles: dict[str, Handle] = {}
        self._runs = itertools.count(1)

    def handle(self, path: str) -> Handle:
        """Return the handle of a path, making it when it is new."""
        with self.guard:
            handle = self._handles.get(path)
            if handle is None:
                handle = self._handles[path] = Handle(self, path)
            return handle

    def forget(self, handle: Handle) -> None:
        """Drop a handle whose actor will not come again. Who still holds it sends dead letters."""
        with self.guard:
            if self._handles.get(handle.path) is handle:
                del self._handles[handle.path]

    def forget_below(self, handle: Handle) -> None:
        """Drop the handles of all actors below one. Costs a look at every handle."""
        prefix = f"{handle.path.rstrip('/')}/"
        with self.guard:
            for path in [path for path in self._handles if path.startswith(prefix)]:
                del self._handles[path]

    def handles(self) -> tuple[Handle, ...]:
        """Return all handles, in the order they were made."""
        with self.guard:
            return tuple(self._handles.values())

    def spawn(
        self,
        handle: Handle,
        factory: Callable[[], Actor],
        on_end: Callable[[End], None] | None = None,
        on_started: Callable[[], object] | None = None,
    ) -> None:
        """Start a new incarnation behind `handle`. Raises what the factory raises, `NotFresh` or `AlreadyLive`.

        `on_started` is called when `on_start` has passed. `on_end` is called once, after the last message was handled
        and the mailbox is closed. Both from the thread of the actor's turn, so they do no more than tell.
        """
        actor = factory()
        actor.bind(self, handle, on_end, on_started)
        handle.attach(actor)
        if actor.mailbox.closed:  # given up from another thread before it was attached: nobody else detaches it
            handle.detach(actor, End("given up before it started", failed=True))
            return
        actor._start_actor_loop()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - pykka's hook for implementors

    def ended(self, actor: Actor, end: End, on_end: Callable[[End], None] | None) -> None:
        """Take note of an end. For `Actor`."""
        actor.handle.detach(actor, end)
        if on_end is not None:
            on_end(end)

    def next_run(self) -> int:
        """Return a number that no other start in this system has."""
        return next(self._runs)

    def after(self, delay: float, target: Handle, message: object) -> Timer:
        """Tell `target` a message, `delay` seconds from now."""
        return self.timers.after(delay, partial(target.tell, message))

    def snapshot(self) -> SystemSnapshot:
        """Return how all of it is, from any thread. Costs a look at every handle."""
        return SystemSnapshot(
            dispatcher=self.dispatcher.snapshot() if isinstance(self.dispatcher, Observable) else None,
            timers=self.timers.snapshot(),
            dead_letters=self.dead_letters.snapshot(),
            handles=tuple(handle.snapshot() for handle in self.handles()),
        )
