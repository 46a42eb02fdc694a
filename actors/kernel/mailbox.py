"""The mailbox: what makes an actor an actor without a thread of its own.

Invariants, all under one lock:

* at most one turn of an actor is submitted or running, so its handlers never overlap;
* a message is handled, or refused and accounted for: an `ask` is answered, a `tell` counted as a dead letter (or as
  coalesced); none is lost between `stop` and `close`;
* the system lane goes first and has no bound; the user lane has a bound with a stated answer when full.

Empty queues hold no memory: a fleet of idle actors is mostly idle mailboxes.
"""

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any

import pykka

from the0_actors.actors.kernel.errors import MailboxFull, TurnOver
from the0_actors.actors.kernel.messages import Coalescing, Notice, Signal, SystemMessage
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
    """The oldest waiting message is the dead letter, the new one is taken. (A stop is never dropped for it.)"""


class Mailbox:
    """Queue and turn-taking of one incarnation of one actor."""

    __slots__ = (
        "_actor", "_budget", "_closed", "_keys", "_lock", "_scheduled", "_started", "_system", "_urgent", "_user",
        "capacity", "coalesced", "in_hand", "path", "turn_began", "when_full",
    )  # fmt: skip

    def __init__(self, capacity: int = DEFAULT_CAPACITY, when_full: WhenFull = WhenFull.REFUSE) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: {capacity!r} is less than one message")
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
        self.turn_began: float | None = None
        """Monotonic time at which the present turn began."""
        self.in_hand: Envelope[Any] | None = None
        """What is being handled."""
        self.coalesced = 0
        """Messages dropped because one of their key was waiting."""
        self.capacity = capacity
        self.when_full = when_full
        self.path = ""

    def bind(self, actor: "Actor", system: "ActorSystem", path: str) -> None:
        """Tie actor and system together. The mailbox keeps its actor alive."""
        with self._lock:
            self._system, self.path, self._scheduled = system, path, True
            self._actor = None if self._closed else actor

    def start(self) -> None:
        """Submit the first turn, in which `on_start` runs. Once, after `bind`."""
        assert self._system is not None
        actor = self._actor
        self._system.dispatcher.submit(self, ahead=actor is not None and actor.ahead)

    @property
    def actor(self) -> "Actor | None":
        """The living actor behind it."""
        return self._actor

    @property
    def closed(self) -> bool:
        """Whether it takes nothing more."""
        return self._closed

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take a message. Pykka's side of the port."""
        self.offer(envelope)

    def offer(self, envelope: Envelope[Any]) -> bool:
        """Take a message; False when it was refused."""
        with self._lock:
            closed = self._closed
            refused = envelope if closed else self._place(envelope)
            actor = None if closed or self._scheduled else self._actor
            self._scheduled = self._scheduled or actor is not None
        if actor is not None and self._system is not None:
            self._system.dispatcher.submit(self, ahead=actor.ahead)
        if refused is None:
            return True
        self._refuse(refused, "stopped" if closed else "full")
        return refused is not envelope

    def _place(self, envelope: Envelope[Any]) -> Envelope[Any] | None:
        """Put it where it belongs; return what had to go for lack of room."""
        message = envelope.message
        if isinstance(message, SystemMessage):
            if self._urgent is None:
                self._urgent = deque()
            self._urgent.append(envelope)
            return None
        if isinstance(message, Coalescing) and envelope.reply_to is None and self._waits_already(message):
            self.coalesced += 1
            return None
        if self._user is None:
            self._user = deque()
        refused = self._make_room(envelope, self._user) if len(self._user) >= self.capacity else None
        if refused is not envelope:
            self._user.append((self._system.now() if self._system is not None else 0.0, envelope))
        return refused

    def _waits_already(self, message: Coalescing) -> bool:
        if self._keys is None:
            self._keys = set()
        key = message.coalesce_key()
        if key in self._keys:
            return True
        self._keys.add(key)
        return False

    def _make_room(self, envelope: Envelope[Any], user: "deque[tuple[float, Envelope[Any]]]") -> Envelope[Any] | None:
        if _always_taken(envelope):
            return None
        if self.when_full is WhenFull.DROP_OLDEST and not _always_taken(user[0][1]):
            refused = user.popleft()[1]
        else:
            refused = envelope
        self._forget_key(refused)
        return refused

    def _forget_key(self, envelope: Envelope[Any]) -> None:
        message = envelope.message
        if isinstance(message, Coalescing) and envelope.reply_to is None and self._keys is not None:
            self._keys.discard(message.coalesce_key())

    def get(self) -> Envelope[Any]:
        """Return the next message of this turn. Raises `TurnOver` when the turn is over."""
        with self._lock:
            if self._budget <= 0:
                raise TurnOver
            self._budget -= 1
            if self._urgent:
                envelope = self._urgent.popleft()
            elif self._user:
                envelope = self._user.popleft()[1]
                if self._keys is not None:
                    self._forget_key(envelope)
            else:
                raise TurnOver
        self.in_hand = envelope
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
        self.turn_began = system.now()
        first, self._started = not self._started, True
        actor.take_turn(first=first)
        self.turn_began = self.in_hand = None
        if actor.actor_stopped.is_set():
            self._finish(actor)
        elif self._goes_on():
            system.dispatcher.submit(self, ahead=actor.ahead)

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
        else:
            actor.came_back()

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
                with contextlib.suppress(queue.Full):
                    envelope.reply_to.set(None)  # who asked it to stop while it stopped got what was asked
            else:
                self._refuse(envelope, "stopped")
        return True

    def _refuse(self, envelope: Envelope[Any], reason: str) -> None:
        message, future = envelope.message, envelope.reply_to
        if future is None:
            if self._system is not None and not isinstance(message, Signal) and not is_stop(message):
                self._system.dead_letters.add(self.path, message, reason)
            return
        error = self._error(reason)
        with contextlib.suppress(queue.Full):  # answered by somebody else
            future.set_exception((type(error), error, None))

    def _error(self, reason: str) -> Exception:
        if reason == "full":
            return MailboxFull(f"{self.path}: mailbox is full")
        return pykka.ActorDeadError(f"{self.path or 'actor'} stopped before handling the message")

    def snapshot(self) -> MailboxSnapshot:
        """Return how it is, from any thread."""
        now = self._system.now() if self._system is not None else 0.0
        with self._lock:
            user, urgent, began, in_hand = self._user, self._urgent, self.turn_began, self.in_hand
            return MailboxSnapshot(
                waiting=len(user) if user else 0,
                system=len(urgent) if urgent else 0,
                oldest=max(now - user[0][0], 0.0) if user else 0.0,
                busy=None if began is None else max(now - began, 0.0),
                handling="" if in_hand is None else type(in_hand.message).__name__,
                closed=self._closed,
                coalesced=self.coalesced,
            )


def _always_taken(envelope: Envelope[Any]) -> bool:
    return isinstance(envelope.message, Notice) or is_stop(envelope.message)
