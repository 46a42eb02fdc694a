"""The stable name of an actor: it stays valid while incarnations come and go.

Keeps no queue: what is told while nobody is there becomes a dead letter. A restarted actor rebuilds itself from what
it observes, so a hint that was lost with its predecessor does no harm. At most one incarnation lives behind a handle.
"""

from typing import TYPE_CHECKING, Any

import pykka

from the0_actors.actors.kernel.end import End
from the0_actors.actors.kernel.errors import AlreadyLive
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.messages import Signal
from the0_actors.actors.kernel.monitors import ALREADY, WatchedEnded, Watchers
from the0_actors.actors.kernel.seam import Envelope
from the0_actors.actors.kernel.snapshots import HandleSnapshot

if TYPE_CHECKING:
    from the0_actors.actors.kernel.actor import Actor
    from the0_actors.actors.kernel.mailbox import Mailbox
    from the0_actors.actors.kernel.system import ActorSystem


class Handle:
    """Where to send. Made by `ActorSystem.handle`."""

    __slots__ = ("_mailbox", "_system", "_watchers", "incarnation", "kind", "path")

    def __init__(self, system: "ActorSystem", path: str) -> None:
        self.path = path
        self.incarnation = 0
        """Which incarnation lives, or lived last; 0 before the first."""
        self.kind: type[Actor] | None = None
        """Class of that incarnation."""
        self._system = system
        self._mailbox: Mailbox | None = None
        self._watchers: Watchers | None = None

    def tell(self, message: object) -> bool:
        """Send; False when it was refused (then it is a counted dead letter, unless it is a `Signal`)."""
        mailbox = self._mailbox
        if mailbox is None:
            if not isinstance(message, Signal):
                self._system.dead_letters.add(self.path, message, "stopped" if self.incarnation else "absent")
            return False
        return mailbox.offer(Envelope(message))

    def ask(self, message: object) -> pykka.Future[Any]:
        """Send and return the future of the answer. Never `get` it in an actor's turn without need.

        The future raises what the handler raised, `pykka.ActorDeadError` when nobody handled it, or `MailboxFull`.
        """
        future = Future()
        mailbox = self._mailbox
        if mailbox is None:
            error = pykka.ActorDeadError(f"{self.path} is not running")
            future.set_exception((type(error), error, None))
        else:
            mailbox.offer(Envelope(message, reply_to=future))
        return future

    def watch(self, watcher: "Handle") -> None:
        """Have `watcher` told `WatchedEnded`, once, when the present incarnation ends; at once when there is none."""
        with self._system.guard:
            if self._mailbox is not None:
                if self._watchers is None:
                    self._watchers = Watchers()
                self._watchers.add(watcher)
                return
        watcher.tell(WatchedEnded(self.path, self.incarnation, ALREADY))

    def unwatch(self, watcher: "Handle") -> None:
        """Take a watch back. A notice that is already on its way arrives."""
        with self._system.guard:
            if self._watchers is not None:
                self._watchers.remove(watcher)
                if not len(self._watchers):
                    self._watchers = None

    @property
    def alive(self) -> bool:
        """Whether an incarnation takes messages now."""
        return self._mailbox is not None

    @property
    def actor(self) -> "Actor | None":
        """The present incarnation. Read only what it publishes as frozen values; send messages for all else."""
        mailbox = self._mailbox
        return None if mailbox is None else mailbox.actor

    def attach(self, actor: "Actor") -> None:
        """Let a new incarnation take the messages. For `ActorSystem.spawn`. Raises `AlreadyLive`."""
        with self._system.guard:
            if self._mailbox is not None:
                raise AlreadyLive(f"{self.path}: incarnation {self.incarnation} has not ended")
            self.incarnation += 1
            self.kind = type(actor)
            self._mailbox = actor.mailbox

    def detach(self, actor: "Actor", end: End) -> None:
        """Forget an incarnation that ended and tell who watched it. For `ActorSystem`."""
        with self._system.guard:
            if self._mailbox is not actor.mailbox:
                return
            self._mailbox = None
            watchers, self._watchers = self._watchers, None
            incarnation = self.incarnation
        for watcher in watchers.living() if watchers is not None else ():
            watcher.tell(WatchedEnded(self.path, incarnation, end))

    def snapshot(self) -> HandleSnapshot:
        """Return how it is, from any thread."""
        mailbox = self._mailbox
        return HandleSnapshot(
            path=self.path,
            kind="" if self.kind is None else self.kind.__name__,
            alive=mailbox is not None,
            incarnation=self.incarnation,
            mailbox=None if mailbox is None else mailbox.snapshot(),
        )

    def __repr__(self) -> str:
        return f"<Handle {self.path}>"
