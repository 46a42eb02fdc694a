"""Which of the bots' containers are there, as far as the engine has told: what they have, nobody can take away.

The engine removes no volume that a container has, whether it runs or not. So code that was seen whole through one
container is whole for every other one as long as the first is there, and what a bot keeps stays its own. That a
container is there is known by the answers to our calls and by listings; that it is there no more, by events. So it
counts only while events are followed, and all is forgotten when another stream is: what was missed is unknown.

A container that we have just removed counts once more: for the one that takes its place, if that is the bot's next.
What a hand removes in that very moment is found by the launcher, which starts no bot without code and state; so such
an heir proves nothing to others, and one that the launcher has ended leaves nothing to the next.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.ports.engine import EngineEvent, Happening, Subscription

_REMEMBERED = 4096
"""Containers that are no more, for answers that come late (ids are never used again) and for those who come next."""

Run = object
"""Stands for one stream of events."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a container."""

    container_id: str
    bot_id: str
    code_hash: str = ""
    """The code that was seen whole; empty where that was only inherited."""
    heir: bool = False
    """Whether it was made in the place of another, without a look at what that one had."""


class Holds:
    """The containers of one installation that are known to be there, and the code that each has. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._over: Run | None = None
        self._there: dict[str, Held] = {}
        self._count: Counter[str] = Counter()
        self._broken: set[str] = set()
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._left: OrderedDict[str, Held] = OrderedDict()

    @property
    def run(self) -> Run | None:
        """The stream that is followed now; who learns something compares the one before its question."""
        return self._run

    def follow(self, run: Run) -> None:
        """Begin anew: this stream tells from now on, unless it is over already."""
        with self._lock:
            self._forget(None if run is self._over else run)

    def lose(self, run: Run) -> None:
        """Forget all, unless another stream is followed meanwhile."""
        with self._lock:
            self._over = run
            if run is self._run:
                self._forget(None)

    def there(self, run: Run | None, held: Held) -> None:
        """Learn of a container, from a question that began while `run` was followed."""
        with self._lock:
            known = held.container_id in self._gone or held.container_id in self._there
            if run is None or run is not self._run or known or held.code_hash in self._broken:
                return
            self._there[held.container_id] = held
            if held.code_hash:
                self._count[held.code_hash] += 1

    def gone(self, container_id: str) -> Held | None:
        """Learn that a container is removed, or will be; return what was known of it."""
        with self._lock:
            self._gone[container_id] = None
            _bound(self._gone)
            held = self._there.pop(container_id, None)
            if held is not None and held.code_hash:
                self._count[held.code_hash] -= 1
                if not self._count[held.code_hash]:
                    del self._count[held.code_hash]
            return held

    def bequeath(self, held: Held) -> None:
        """Let the bot's next container have what this one had, which was there until we removed it."""
        with self._lock:
            if self._run is not None:
                self._left[held.bot_id] = held
                _bound(self._left)

    def inherit(self, bot_id: str, container_id: str | None) -> Held | None:
        """Return, once, that container if it was the bot's last, so that the next may have what it had."""
        with self._lock:
            held = self._left.pop(bot_id, None)
        return held if held is not None and held.container_id == container_id else None

    def has(self, code_hash: str) -> bool:
        """Tell whether a container with that code is there."""
        return code_hash in self._count

    def saw(self, code_hash: str, *, whole: bool) -> None:
        """Learn what a look at code has shown; code that was not whole is nobody's until it was seen whole again."""
        with self._lock:
            if whole:
                self._broken.discard(code_hash)
                return
            self._broken.add(code_hash)
            self._there = {one: held for one, held in self._there.items() if held.code_hash != code_hash}
            del self._count[code_hash]

    def _forget(self, run: Run | None) -> None:
        self._run = run
        self._there.clear()
        self._count.clear()
        self._left.clear()


def _bound(memory: OrderedDict[str, Any]) -> None:
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Followed:
    holds: Holds
    run: Run
    watch: Subscription

    def close(self) -> None:
        """End it."""
        self.holds.lose(self.run)
        self.watch.close()


Emit = Callable[[EngineEvent], None]
Ended = Callable[[str], None]


def followed(holds: Holds, watch: Callable[[Emit, Ended], Subscription], emit: Emit, ended: Ended) -> Subscription:
    """Open a watch whose events tell the holds too, before they are told to the listener."""
    run = Run()

    def tell(event: EngineEvent) -> None:
        if event.happening is Happening.REMOVED:
            holds.gone(event.container_id)
        emit(event)

    def over(reason: str) -> None:
        holds.lose(run)
        ended(reason)

    opened = watch(tell, over)
    holds.follow(run)
    return _Followed(holds, run, opened)
