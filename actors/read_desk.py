"""Where bots ask for their documents: those that ask while a read is under way are read together, in the next one.

One read at a time. Who asks when there is none is read at once; of a thousand that ask together the first is read
alone, and the others in a call or two. Every answer was read after it was asked for, since a read takes only those
along that had asked before it was submitted.

What fails for many at once fails for each of them, unless it is a bug of ours that one document sets off: then they
are read in ever smaller parts, until it is that one's matter alone.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.errors import LaneClosed
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.messages import DocumentAsked, DocumentRead

TOGETHER: Final = 2000
"""Bots that are read in one call: so much memory may the answers take, and so long does one wait that asks next."""

Asking = Mapping[str, Handle]
"""Who asks, by bot."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the desk works with."""

    read_all: Callable[[Sequence[str]], Mapping[str, object]]
    """`DesiredState.read_all`. Blocks."""
    lane: Lane
    deadline: float = 60.0


class ReadDesk(Actor):
    """One per database. What it forgets when it fails, those ask for again who are restarted with it."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._work = reading
        self._waiting: dict[str, Handle] = {}
        self._parts: deque[Asking] = deque()
        """Of reads that failed by a bug."""
        self._asked: Asking = {}
        """By whom the read under way was asked for."""

    def on_receive(self, message: Any) -> Any:
        """Take a question, or the answer to many."""
        match message:
            case DocumentAsked(bot_id, reply_to):
                self._waiting[bot_id] = reply_to
            case Completed(overdue=True):
                pass  # it comes back yet
            case Completed(token=asked) if asked is self._asked:
                self._completed(message)
            case Completed():
                pass  # an answer to a predecessor: who asked it has been restarted too
            case _:
                return super().on_receive(message)
        if not self._asked:
            self._next()
        return None

    def _next(self) -> None:
        if self._parts:
            self._asked = self._parts.popleft()
        elif self._waiting:
            self._asked = {bot_id: self._waiting.pop(bot_id) for bot_id in tuple(islice(self._waiting, TOGETHER))}
        else:
            return
        call = partial(self._work.read_all, tuple(self._asked))
        self._work.lane.submit("read", call, self.handle, self._asked, self._work.deadline)

    def _completed(self, done: Completed) -> None:
        asked, self._asked = self._asked, {}
        answers: Any = done.value
        if done.error is None:
            for bot_id, handle in asked.items():
                handle.tell(DocumentRead(answers[bot_id], None))
        elif len(asked) == 1 or isinstance(done.error, The0ActorsError | LaneClosed):
            for handle in asked.values():
                handle.tell(DocumentRead(None, done.error))
        else:
            bots = tuple(asked.items())
            self._parts.extendleft((dict(bots[: len(bots) // 2]), dict(bots[len(bots) // 2 :])))
