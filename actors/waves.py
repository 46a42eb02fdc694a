"""Who goes next, when very many are to start or to be adopted: so many at once as the throttle says.

Who was hinted at singly (an event, an exit, an operator) goes before those that wait because all do, and does not wait
for those that are on their way for that reason. Nobody waits for ever: who is long on the way (an image is pulled)
counts no longer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.throttle import Bounds, Throttle, after_start, after_turn

ON_THE_WAY: Final = frozenset({Phase.UNKNOWN, Phase.PREPARING, Phase.STARTING})
PATIENCE: Final = 30.0
"""Seconds after which who is on the way counts no longer."""
BEAT: Final = 0.25
"""Seconds between two looks at how late our own turns are, while somebody is on the way."""


class Waves:
    """Part of one Fleet, on its turns. Times are monotonic seconds."""

    def __init__(self, bounds: Bounds, now: Callable[[], float], wake: Callable[[float], Timer]) -> None:
        """`wake(seconds)` has `beat` called."""
        self.throttle = Throttle.fresh(bounds)
        self._now, self._wake = now, wake
        self._expected: set[str] = set()
        self._single: OrderedDict[str, None] = OrderedDict()
        self._many: OrderedDict[str, None] = OrderedDict()
        self._way: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        """Bot to when it went, the oldest first, and whether singly."""
        self._singly = 0
        """How many of these went singly."""
        self._starting: dict[str, float] = {}
        """Bot to when its start was the engine's turn."""
        self._timer: Timer | None = None

    @property
    def waiting(self) -> int:
        """How many have not gone yet."""
        return len(self._single) + len(self._many)

    def waits(self, bot_id: str) -> bool:
        """Tell whether a bot has not gone yet."""
        return bot_id in self._many or bot_id in self._single

    def expect(self, bots: AbstractSet[str]) -> None:
        """Take note that these will ask because all do: no hint singled them out."""
        self._expected |= bots

    def ask(self, bot_id: str) -> None:
        """Have a bot go when it is its turn."""
        expected = bot_id in self._expected
        self.leave(bot_id)
        (self._many if expected else self._single)[bot_id] = None

    def hurry(self, bot_id: str) -> None:
        """Take note that a bot was hinted at singly, if it has not gone."""
        self._expected.discard(bot_id)
        if bot_id in self._many:
            del self._many[bot_id]
            self._single[bot_id] = None

    def leave(self, bot_id: str) -> None:
        """Forget a bot."""
        self._expected.discard(bot_id)
        self._many.pop(bot_id, None)
        self._single.pop(bot_id, None)
        self._arrive(bot_id)

    def moved(self, bot_id: str, phase: Phase) -> None:
        """Take note of a bot's phase: it may have arrived."""
        if bot_id not in self._way:
            return
        if phase is Phase.STARTING:
            self._starting.setdefault(bot_id, self._now())
        elif phase not in ON_THE_WAY:
            began = self._starting.get(bot_id)
            if began is not None and phase is Phase.RUNNING:
                self.throttle = after_start(self.throttle, self._now() - began)
            self._arrive(bot_id)

    def beat(self) -> None:
        """Take note of how late this turn is, and of who is on the way for too long."""
        timer, self._timer = self._timer, None
        if timer is None:
            return  # somebody else's: of the Fleet before this one
        now = self._now()
        self.throttle = after_turn(self.throttle, now - timer.due)
        while self._way and next(iter(self._way.values()))[0] + PATIENCE <= now:
            self._arrive(next(iter(self._way)))

    def next(self) -> Iterator[tuple[str, bool]]:
        """Yield those who may go now, and whether as one of many; they are on their way then."""
        while (one := self._pop()) is not None:
            yield one
        if self._timer is None and (self._way or self.waiting):
            self._timer = self._wake(BEAT)

    def all(self) -> Iterator[tuple[str, bool]]:
        """Yield all who wait, whatever the throttle says."""
        while self.waiting:
            single = bool(self._single)
            yield (self._single or self._many).popitem(last=False)[0], not single

    def forget(self) -> None:
        """Forget all of them: nobody may act."""
        for one in (self._expected, self._single, self._many, self._way, self._starting):
            one.clear()
        self._singly = 0

    def _pop(self) -> tuple[str, bool] | None:
        limit = self.throttle.limit
        single = bool(self._single) and self._singly < limit
        if not single and not (self._many and len(self._way) - self._singly < limit):
            return None
        bot_id = (self._single if single else self._many).popitem(last=False)[0]
        self._way[bot_id] = (self._now(), single)
        self._singly += single
        return bot_id, not single

    def _arrive(self, bot_id: str) -> None:
        self._starting.pop(bot_id, None)
        gone = self._way.pop(bot_id, None)
        if gone is not None:
            self._singly -= gone[1]
