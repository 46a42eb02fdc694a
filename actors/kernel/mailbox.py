"""The mailbox: what makes an actor an actor without a thread of its own.

Invariants, all under one lock:

* at most one turn of an actor is submitted or running, so its handlers never overlap;
* a message is either taken, or answered and counted as a dead letter; none is lost between `stop` and `close`;
* the system lane goes first and has no bound; the user lane has a bound with a stated answer when full.

Empty queues hold no memory: a fleet of idle actors is mostly idle mailboxes.
"""

import threading
from collections import deque
from collections.abc import Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any

import pykka

from the0_actors.actors.kernel.errors import MailboxFull, TurnOver
from the0_actors.actors.kernel.messages import Coalescing, SystemMessage
from the0_actors.actors.kernel.seam import Envelope, is_stop
from the0_actors.actors.kernel.snapshots import MailboxSnapshot

if TYPE_CHECKING:
    from the0_actors.actors.kernel.actor import Actor
    from the0_actors.actors.kernel.system import ActorSystem

DEFAULT_CAPACITY = 100_000


class WhenFull(Enum):
    """What happens to a user message that finds the mailbox at its bound."""

    REFUSE = "refuse"
    """The new one is the dead letter; an `ask` raises `MailboxFull`."""
    DROP_OLDEST = "drop-oldest"
    """The oldest waiting message is the dead letter, the new one is taken."""


class Mailbox:
    """Queue and turn-taking of one incarnation of one actor."""

    __slots__ = (
        "_actor", "_budget", "_closed", "_handling", "_keys", "_lock", "_scheduled", "_started", "_system",
        "_turn_began", "_urgent", "_user", "capacity", "path", "when_full",
    )  # fmt: skip

    def __init__(self, capacity: int = DEFAULT_CAPACITY, when_full: WhenFull = WhenFull.REFUSE) -> None:
        self._lock = threading.Lock()
        self._user: deque[tuple[float, Envelope[Any]]] | None = None
        self._urgent: deque[Envelope[Any]] | None = None
        self._keys: set[Hashable] | None = None
        self._actor: Actor | None = None
        self._system: ActorSystem | None = None
        self._scheduled = False
        self._started = False
        self._closed = False
        self._budget = 0
        self._turn_began: float | None = None
        self._handling = ""
        self.capacity = capacity
        self.when_full = when_full
        self.path = ""

    def bind(self, actor: "Actor", system: "ActorSystem", path: str) -> None:
        """Tie actor and system together and submit the first turn. The mailbox keeps its actor alive."""
        with self._lock:
            self._actor, self._system, self.path = actor, system, path
            self._scheduled = True
        system.dispatcher.submit(self)

    @property
    def actor(self) -> "Actor | None":
        """The living actor behind it."""
        return self._actor

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take a message. Pykka's side of the port."""
        self.offer(envelope)

    def offer(self, envelope: Envelope[Any]) -> bool:
        """Take a message; False when it became a dead letter."""
        with self._lock:
            refused, submit = self._take(envelope)
        if submit and self._system is not None:
            self._system.dispatcher.submit(self)
        if refused is not None:
            self._refuse(*refused)
            return refused[0] is not envelope
        return True

    def _take(self, envelope: Envelope[Any]) -> tuple[tuple[Envelope[Any], str] | None, bool]:
        message = envelope.message
        if self._closed:
            return (envelope, "stopped"), False
        refused: tuple[Envelope[Any], str] | None = None
        if isinstance(message, SystemMessage):
            if self._urgent is None:
                self._urgent = deque()
            self._urgent.append(envelope)
        else:
            if isinstance(message, Coalescing) and not self._first_of_its_key(message):
                return None, False
            refused = self._enqueue(envelope)
            if refused is not None and refused[0] is envelope:
                return refused, False
        submit = not self._scheduled and self._actor is not None
        if submit:
            self._scheduled = True
        return refused, submit

    def _first_of_its_key(self, message: Coalescing) -> bool:
        if self._keys is None:
            self._keys = set()
        key = message.coalesce_key()
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def _enqueue(self, envelope: Envelope[Any]) -> tuple[Envelope[Any], str] | None:
        if self._user is None:
            self._user = deque()
        dropped: tuple[Envelope[Any], str] | None = None
        if len(self._user) >= self.capacity and not is_stop(envelope.message):
            if self.when_full is WhenFull.REFUSE:
                self._forget_key(envelope.message)
                return envelope, "full"
            oldest = self._user.popleft()[1]
            self._forget_key(oldest.message)
            dropped = (oldest, "full")
        now = self._system.clock.monotonic() if self._system is not None else 0.0
        self._user.append((now, envelope))
        return dropped

    def _forget_key(self, message: object) -> None:
        if isinstance(message, Coalescing) and self._keys is not None:
            self._keys.discard(message.coalesce_key())

    def get(self) -> Envelope[Any]:
        """Return the next message of this turn. Raises `TurnOver` when the turn is over."""
        with self._lock:
            if self._urgent:
                envelope = self._urgent.popleft()
            elif self._user and self._budget > 0:
                self._budget -= 1
                envelope = self._user.popleft()[1]
                self._forget_key(envelope.message)
            else:
                raise TurnOver
        self._handling = type(envelope.message).__name__
        return envelope

    def empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._user and not self._urgent

    def turn(self) -> None:
        """Handle some messages. Called by a dispatcher, never twice at once."""
        actor, system = self._actor, self._system
        if actor is None or system is None:
            return
        self._budget = system.throughput
        self._turn_began = system.clock.monotonic()
        first, self._started = not self._started, True
        actor.take_turn(first=first)
        self._turn_began, self._handling = None, ""
        if actor.actor_stopped.is_set():
            self._finish(actor)
        elif self._goes_on():
            system.dispatcher.submit(self)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._user or self._urgent:
                return True
            self._user = self._urgent = self._keys = None
            self._scheduled = False
            return False

    def _finish(self, actor: "Actor") -> None:
        if self.close():
            actor.finished()

    def close(self) -> bool:
        """Take no more and answer what waits; False when it was closed before. Also how a stuck actor is given up."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            rest = [*(self._urgent or ()), *(envelope for _, envelope in self._user or ())]
            self._user = self._urgent = self._keys = None
            self._actor = None
        for envelope in rest:
            if is_stop(envelope.message) and envelope.reply_to is not None:
                envelope.reply_to.set(None)
            else:
                self._refuse(envelope, "stopped")
        return True

    def _refuse(self, envelope: Envelope[Any], reason: str) -> None:
        if envelope.reply_to is not None:
            error: Exception = (
                MailboxFull(f"{self.path}: mailbox is full")
                if reason == "full"
                else pykka.ActorDeadError(f"{self.path or 'actor'} stopped before handling the message")
            )
            envelope.reply_to.set_exception((type(error), error, None))
        elif self._system is not None and not (
            isinstance(envelope.message, SystemMessage) or is_stop(envelope.message)
        ):
            self._system.dead_letters.add(self.path, envelope.message, reason)

    def snapshot(self) -> MailboxSnapshot:
        """Return how it is, from any thread."""
        now = self._system.clock.monotonic() if self._system is not None else 0.0
        with self._lock:
            user, urgent, began = self._user, self._urgent, self._turn_began
            return MailboxSnapshot(
                waiting=len(user) if user else 0,
                system=len(urgent) if urgent else 0,
                oldest=now - user[0][0] if user else 0.0,
                busy=None if began is None else now - began,
                handling=self._handling,
                closed=self._closed,
            )
