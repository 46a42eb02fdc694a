"""The stable name of an actor: it stays valid while incarnations come and go.

Keeps no queue: what is told while nobody is there becomes a dead letter. A restarted actor rebuilds itself from what
it observes, so a hint that was lost with its predecessor does no harm.
"""

from typing import TYPE_CHECKING, Any

import pykka

from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.messages import SystemMessage
from the0_actors.actors.kernel.seam import Envelope
from the0_actors.actors.kernel.snapshots import HandleSnapshot

if TYPE_CHECKING:
    from the0_actors.actors.kernel.actor import Actor
    from the0_actors.actors.kernel.mailbox import Mailbox
    from the0_actors.actors.kernel.system import ActorSystem


class Handle:
    """Where to send. Made by `ActorSystem.handle`."""

    __slots__ = ("_kind", "_mailbox", "_system", "incarnation", "path")

    def __init__(self, system: "ActorSystem", path: str) -> None:
        self.path = path
        self.incarnation = 0
        self._system = system
        self._mailbox: Mailbox | None = None
        self._kind = ""

    def tell(self, message: object) -> bool:
        """Send; False when nobody could take it (then it is a counted dead letter)."""
        mailbox = self._mailbox
        if mailbox is None:
            if not isinstance(message, SystemMessage):
                self._system.dead_letters.add(self.path, message, "restarting" if self.incarnation else "absent")
            return False
        return mailbox.offer(Envelope(message))

    def ask(self, message: object) -> pykka.Future[Any]:
        """Send and return the future of the answer. Never `get` it in an actor's turn without need."""
        future = Future()
        mailbox = self._mailbox
        if mailbox is None:
            error = pykka.ActorDeadError(f"{self.path} is not running")
            future.set_exception((type(error), error, None))
        else:
            mailbox.offer(Envelope(message, reply_to=future))
        return future

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
        """Let a new incarnation take the messages. For `ActorSystem.spawn`."""
        self.incarnation += 1
        self._kind = type(actor).__name__
        self._mailbox = actor.mailbox

    def detach(self, actor: "Actor") -> None:
        """Forget an incarnation that ended. For `ActorSystem.spawn`."""
        if self._mailbox is actor.mailbox:
            self._mailbox = None

    def snapshot(self) -> HandleSnapshot:
        """Return how it is, from any thread."""
        mailbox = self._mailbox
        return HandleSnapshot(
            path=self.path,
            kind=self._kind,
            alive=mailbox is not None,
            incarnation=self.incarnation,
            mailbox=None if mailbox is None else mailbox.snapshot(),
        )

    def __repr__(self) -> str:
        return f"<Handle {self.path}>"
