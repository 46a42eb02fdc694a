"""The guard against mass stops: whether what is to stop without an event that said so may stop now.

One bot whose document vanished, or was switched off by hand, stops. A whole fleet, or a large share of one, is more
likely a mishap of the database than a wish: it is held, and runs on, until time or an operator confirms it.
What the platform's events announced is not asked about. Pure: the time is an argument, and nothing is carried out.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True, slots=True)
class MassStopRules:
    """When stops are held, and for how long. Seconds."""

    share: float = 0.2
    """More than this share of the fleet is a mass."""
    share_from: int = 5
    """Of a smaller fleet only the whole is one."""
    after: float = 600.0
    """How long a mass is held."""
    quiet: float = 1.0
    """Questions that come this close after each other are answered together."""
    patience: float = 5.0
    """The first of them waits no longer than this."""


class MassStops:
    """Who is missing, who asks whether it may stop, and who is held. Times are given in order."""

    def __init__(self, rules: MassStopRules) -> None:
        self._rules = rules
        self._missing: set[str] = set()
        self._asking: set[str] = set()
        self._answer_at = 0.0
        """When those who ask are answered; of no meaning while nobody asks."""
        self._answer_by = 0.0
        self._held: dict[str, float] = {}
        """Bot to when it was first held, the oldest first."""

    @property
    def held(self) -> tuple[str, ...]:
        """The bots whose stop waits, sorted. May be read from any thread."""
        return tuple(sorted(self._held.copy()))

    def miss(self, bots: AbstractSet[str]) -> None:
        """Count bots whose document a listing has no more: they will ask, but a slow read must not make each a case."""
        self._missing |= bots - self._asking - self._held.keys()

    def present(self, bots: Iterable[str]) -> None:
        """Count those no longer of whom it is known that they will not ask."""
        self._missing.difference_update(bots)

    def ask(self, bot_id: str, now: float) -> None:
        """Take a bot's question; `settle` answers."""
        self._missing.discard(bot_id)
        if bot_id in self._held:
            return
        if not self._asking:
            self._answer_by = now + self._rules.patience
        self._answer_at = min(now + self._rules.quiet, self._answer_by)
        self._asking.add(bot_id)

    def withdraw(self, bot_id: str) -> None:
        """Forget a bot: it is wanted again, an event announced its stop, or it is gone."""
        self._missing.discard(bot_id)
        self._asking.discard(bot_id)
        self._held.pop(bot_id, None)

    def due(self) -> float | None:
        """Return when `settle` is to be called, if at all."""
        times = [since + self._rules.after for since in islice(self._held.values(), 1)]
        return min([*times, self._answer_at] if self._asking else times, default=None)

    def settle(self, fleet: Iterable[str], now: float) -> tuple[str, ...]:
        """Return who may stop now, sorted. `fleet`: all bots that have something to lose."""
        allowed = {bot_id for bot_id, since in self._held.items() if since + self._rules.after <= now}
        if self._asking and self._answer_at <= now:
            asking, self._asking = self._asking, set()
            if self._is_mass(self._missing | asking | self._held.keys(), fleet):
                self._held |= dict.fromkeys(sorted(asking), now)
            else:
                allowed |= asking
        return self._release(allowed)

    def confirm(self, bots: AbstractSet[str]) -> tuple[str, ...]:
        """Return those of the bots that are held: they may stop."""
        return self._release(bots & self._held.keys())

    def _is_mass(self, gone: set[str], fleet: Iterable[str]) -> bool:
        """Tell whether these are too many. One is never, whatever it is a share of."""
        rules, whole = self._rules, len(gone.union(fleet))
        large = whole >= rules.share_from and len(gone) > rules.share * whole
        return len(gone) > 1 and (large or len(gone) == whole)

    def _release(self, bots: AbstractSet[str]) -> tuple[str, ...]:
        for bot_id in bots:
            self._held.pop(bot_id, None)
        return tuple(sorted(bots))
