"""The actor system: what every actor is given, in one place, and nothing global.

Keeps the dispatcher, the clock and timers, the randomness, the dead letters and the index of handles by path. Two
systems in one process know nothing of each other, and none touches pykka's registry.
"""

import random
import threading
from collections.abc import Callable
from functools import partial

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.dead_letters import DeadLetters
from the0_actors.actors.kernel.dispatcher import Dispatcher
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.timers import Timer, Timers

DEFAULT_THROUGHPUT = 50
"""User messages that one turn handles before others get theirs."""


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
        self._handles: dict[str, Handle] = {}
        self._lock = threading.Lock()

    def handle(self, path: str) -> Handle:
        """Return the handle of a path, making it when it is new."""
        with self._lock:
            handle = self._handles.get(path)
            if handle is None:
                handle = self._handles[path] = Handle(self, path)
            return handle

    def forget(self, handle: Handle) -> None:
        """Drop a handle whose actor will not come again. Who still holds it sends dead letters."""
        with self._lock:
            if self._handles.get(handle.path) is handle:
                del self._handles[handle.path]

    def handles(self) -> tuple[Handle, ...]:
        """Return all handles, in the order they were made."""
        with self._lock:
            return tuple(self._handles.values())

    def spawn(
        self,
        handle: Handle,
        factory: Callable[[], Actor],
        on_end: Callable[[End], None] | None = None,
        on_started: Callable[[], object] | None = None,
    ) -> None:
        """Start a new incarnation behind `handle`. Raises what the factory raises.

        `on_started` is called when `on_start` has passed. `on_end` is called once, after the last message was handled
        and the mailbox is closed. Both from the thread of the actor's turn, so they do no more than tell.
        """
        actor = factory()
        actor.bind(self, handle, partial(self._ended, handle, actor, on_end), on_started)
        handle.attach(actor)
        actor._start_actor_loop()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - pykka's hook for implementors

    def after(self, delay: float, target: Handle, message: object) -> Timer:
        """Tell `target` a message, `delay` seconds from now."""
        return self.timers.after(delay, partial(target.tell, message))

    @staticmethod
    def _ended(handle: Handle, actor: Actor, on_end: Callable[[End], None] | None, end: End) -> None:
        handle.detach(actor)
        if on_end is not None:
            on_end(end)
