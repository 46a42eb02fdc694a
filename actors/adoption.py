"""What the listing at the opening of the gate had of each bot, until that bot is told."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.engine_view import Group, ours_of


class Adoption:
    """Part of one Fleet, on its turns."""

    def __init__(self) -> None:
        self._groups: Mapping[str, Group] = {}
        self._untold: set[str] = set()
        self._stirred: set[str] = set()
        """Bots whose container moved after the listing: they look for themselves."""

    def __contains__(self, bot_id: str) -> bool:
        """Tell whether a bot has yet to be told."""
        return bot_id in self._untold

    def listed(self, groups: Mapping[str, Group]) -> None:
        """Take a listing, while the gate is closed."""
        self._groups = groups

    def begin(self, bots: AbstractSet[str]) -> None:
        """Have these told, now that the gate opens."""
        self._untold = set(bots)

    def stir(self, bot_id: str) -> None:
        """Take note that a container moved."""
        self._stirred.add(bot_id)

    def outdated(self) -> None:
        """Take note of a newer listing: who was not told looks for itself."""
        self._groups = {}
        self._untold.clear()

    def forget(self) -> None:
        """Begin anew: the gate closed."""
        self._stirred.clear()

    def tell(self, bot_id: str) -> tuple[Observed, ...] | None:
        """Return what the listing had of a bot, which is told now; None when that says nothing any more."""
        known = bot_id in self._untold and bot_id not in self._stirred
        self._stirred.discard(bot_id)
        self._untold.discard(bot_id)
        return ours_of(self._groups.get(bot_id, ())) if known else None
