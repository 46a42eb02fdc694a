"""Where bots ask whether they may stop although no event said so: the guard, with its timer, alarm and log lines."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final

import structlog

from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.mass_stop import MassStopRules, MassStops

log = structlog.get_logger(__name__)

COMMAND: Final = "the0-actors confirm-stops"


class StopDesk:
    """Part of one Fleet, on its turns."""

    def __init__(
        self,
        rules: MassStopRules,
        now: Callable[[], float],
        wake: Callable[[float], Timer],
        allow: Callable[[str], None],
    ) -> None:
        """`wake(seconds)` has `settle` called; `allow` tells a bot that it may stop."""
        self._rules = rules
        self._now, self._wake, self._allow = now, wake, allow
        self._stops = MassStops(rules)
        self._timer: Timer | None = None
        self._fleet = 0

    @property
    def held(self) -> tuple[str, ...]:
        """Bots that run on until time or an operator confirms that they are to stop. May be read from any thread."""
        return self._stops.held

    @property
    def alarm(self) -> str:
        """What an operator must know, or nothing."""
        held, after = len(self.held), format_duration(self._rules.after)
        if not held:
            return ""
        return (
            f"{held} of {self._fleet} bots are to stop and no event said so: their documents are gone, or were "
            f"switched off in the database itself; they run on for {after}, and `{COMMAND}` stops them at once"
        )

    def listed(self, present: Iterable[str], vanished: AbstractSet[str]) -> None:
        """Take what a listing of documents has, and has no more."""
        self._stops.present(present)
        self._stops.miss(vanished)

    def asked(self, bot_id: str, *, asking: bool) -> None:
        """Take a bot's question, or that it asks no longer."""
        if asking:
            self._stops.ask(bot_id, self._now())
        else:
            self._stops.withdraw(bot_id)
        self._moved()

    def settle(self, fleet: Iterable[str]) -> None:
        """Answer those whose time has come. `fleet`: all that have something to lose."""
        fleet, before = set(fleet), len(self.held)
        self._release(self._stops.settle(fleet, self._now()))
        self._fleet = len(fleet.union(self.held))
        if len(self.held) > before:
            log.warning("stops_held", reason=self.alarm)

    def confirm(self, bots: AbstractSet[str]) -> None:
        """Let those stop that are held and that an operator means."""
        confirmed = self._stops.confirm(bots)
        log.warning("stops_confirmed", bots=len(confirmed))
        self._release(confirmed)

    def forget(self) -> None:
        """Begin anew: who asks is to ask again."""
        self._stops = MassStops(self._rules)
        self._moved()

    def _release(self, bots: Iterable[str]) -> None:
        for bot_id in bots:
            self._allow(bot_id)
        self._moved()

    def _moved(self) -> None:
        due, timer, self._timer = self._stops.due(), self._timer, None
        if timer is not None:
            timer.cancel()
        if due is not None:
            self._timer = self._wake(due - self._now())
