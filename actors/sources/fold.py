"""A backlog of events, folded per bot: what stands in the end is written, and what it supersedes is done with it.

Deletions come first, since they are final whatever comes before or after them; then what switches bots off; then the
rest in the order of arrival. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import takewhile
from operator import attrgetter

from the0_actors.actors.domain.documents import is_enabled
from the0_actors.actors.domain.events import Action
from the0_actors.actors.ports.feed import Delivery


@dataclass(frozen=True, slots=True)
class Step:
    """One write for one bot."""

    chosen: Delivery
    """What is written."""
    covered: tuple[Delivery, ...]
    """What is done when that is written, itself among them."""
    rank: int
    """What matters most is least."""


class Fold:
    """Deliveries that are not settled, by bot in the order of their arrival."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Delivery]] = {}
        self._steps: dict[str, Step] = {}
        """The next write of each bot, as far as it was asked for since something came or went."""

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._waiting)

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Take more."""
        for delivery in deliveries:
            self._waiting.setdefault(delivery.event.bot_id, []).append(delivery)
            self._steps.pop(delivery.event.bot_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()
        self._steps.clear()

    def next(self, most: int) -> tuple[Step, ...]:
        """Return the next write of so many bots, what matters most first."""
        return tuple(nsmallest(most, map(self._step_of, self._waiting), key=attrgetter("rank")))

    def written(self, step: Step) -> None:
        """Tell that all it covers is done."""
        self._drop(step.chosen.event.bot_id, step.covered)

    def refused(self, step: Step) -> None:
        """Tell that what was chosen can never be written: then what it superseded counts."""
        self._drop(step.chosen.event.bot_id, (step.chosen,))

    def _step_of(self, bot_id: str) -> Step:
        if bot_id not in self._steps:
            self._steps[bot_id] = _step(self._waiting[bot_id])
        return self._steps[bot_id]

    def _drop(self, bot_id: str, done: Sequence[Delivery]) -> None:
        self._steps.pop(bot_id, None)
        gone = {id(delivery) for delivery in done}
        left = [delivery for delivery in self._waiting.get(bot_id, ()) if id(delivery) not in gone]
        if left:
            self._waiting[bot_id] = left
        else:
            self._waiting.pop(bot_id, None)


def _step(waiting: Sequence[Delivery]) -> Step:
    deleted = [delivery for delivery in waiting if delivery.event.action is Action.DELETED]
    if deleted:
        return Step(deleted[-1], tuple(waiting), _rank(deleted[-1]))
    # What came over core NATS and what came from the stream have no order in common but that of their arrival.
    placed = waiting[0].position is not None
    run = tuple(takewhile(lambda delivery: (delivery.position is not None) is placed, waiting))
    chosen = _newest(run) if placed else _last(run)
    return Step(chosen, run, _rank(chosen))


def _newest(run: Sequence[Delivery]) -> Delivery:
    """Return what the stream has last: a message that is delivered again comes late."""
    newest = run[0]
    for delivery in run[1:]:
        if delivery.position is None or newest.position is None or not delivery.position.before(newest.position):
            newest = delivery
    return newest


def _last(run: Sequence[Delivery]) -> Delivery:
    """Return the last update: a creation that comes after it is late."""
    return next((delivery for delivery in reversed(run) if delivery.event.action is Action.UPDATED), run[-1])


def _rank(delivery: Delivery) -> int:
    event = delivery.event
    if event.action is Action.DELETED:
        return 0
    return 1 if not is_enabled({"config": event.config}) else 2
