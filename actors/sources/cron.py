"""When schedules are due: one heap of due times, and a budget of starts.

Ten thousand schedules cost a heap, not a poll. Schedules say when they want to be told, and are told in order of due
time; at most so many are on their way to a container at once, so that ten thousand that are due in one second do not
fall upon the engine together. A turn is given back by the schedule's next wish, or runs out. P73.
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import SlotArmed, Tick
from the0_actors.actors.schedule.messages import Due

HORIZON: Final = 30.0
"""Seconds after which the wall clock is looked at again: it may have been set."""
HEAP_SLACK: Final = 64
"""Wishes that were replaced may stay in the heap up to this many beyond the others."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the keeper of due times works with."""

    rearm: Callable[[], None]
    """Have every schedule say again when it wants to be told."""
    budget: int = 32
    """Schedules that may be on their way to a container at once."""
    patience: float = 30.0
    """Seconds after which a turn counts no more: one slow archive must not hold up all others."""


class CronSource(Actor):
    """Keeps due times. `waiting()` may be called from any thread."""

    ahead = True

    def __init__(self, keeping: Keeping) -> None:
        super().__init__()
        self._keeping = keeping
        self._heap: list[tuple[int, str]] = []
        self._armed: dict[str, tuple[int, Handle]] = {}
        self._turns: OrderedDict[str, float] = OrderedDict()
        """Schedule to the monotonic time at which its turn began, oldest first."""
        self._timer: Timer | None = None

    def on_start(self) -> None:
        """Ask everybody: a successor knows nothing."""
        self._keeping.rearm()

    def on_receive(self, message: Any) -> Any:
        """Take a wish, or the time."""
        match message:
            case SlotArmed():
                self._wish(message)
            case Tick():
                pass
            case _:
                return super().on_receive(message)
        self._give_turns()
        return None

    def on_stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def waiting(self) -> int:
        """Return how many schedules wait to be told."""
        return len(self._armed)

    def _wish(self, message: SlotArmed) -> None:
        self._turns.pop(message.bot_id, None)
        if message.due is None:
            self._armed.pop(message.bot_id, None)
            return
        self._armed[message.bot_id] = (message.due, message.reply_to)
        heapq.heappush(self._heap, (message.due, message.bot_id))
        if len(self._heap) > 2 * len(self._armed) + HEAP_SLACK:
            self._heap = [(due, bot_id) for bot_id, (due, _) in self._armed.items()]
            heapq.heapify(self._heap)

    def _give_turns(self) -> None:
        clock, turns = self.system.clock, self._turns
        wall, monotonic = clock.wall(), clock.monotonic()
        while turns and next(iter(turns.values())) + self._keeping.patience <= monotonic:
            turns.popitem(last=False)
        while (first := self._first()) is not None and first[0] <= wall and len(turns) < self._keeping.budget:
            due, bot_id = heapq.heappop(self._heap)
            turns[bot_id] = monotonic
            self._armed.pop(bot_id)[1].tell(Due(due))
        self._sleep(None if first is None else max(first[0] - wall, 0.0), monotonic)

    def _first(self) -> tuple[int, str] | None:
        """Return the earliest wish that still stands."""
        while self._heap:
            due, bot_id = self._heap[0]
            if self._armed.get(bot_id, (None,))[0] == due:
                return due, bot_id
            heapq.heappop(self._heap)
        return None

    def _sleep(self, until_due: float | None, monotonic: float) -> None:
        """Wake up in time. A timer that fires sooner stays: most wishes do not change what is due first."""
        if until_due is None:
            return
        delay = min(until_due, HORIZON)
        if len(self._turns) >= self._keeping.budget:
            delay = next(iter(self._turns.values())) + self._keeping.patience - monotonic
        if self._timer is not None and self._timer.active:
            if self._timer.due <= monotonic + delay:
                return
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())
