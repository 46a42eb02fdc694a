"""What the last listings of the engine said about the containers of one kind of bot. No decision is made here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed, Status

Group = tuple[Observed, ...]
"""The containers of one bot."""


@dataclass(slots=True)
class EngineView:
    """What is known of the engine. `take` a listing at a time."""

    kind: Kind
    whole: bool = False
    """A listing was accepted since we became active."""
    ours: frozenset[str] = frozenset()
    """Ids of bots with a container of this installation."""
    running: frozenset[str] = frozenset()
    """Those of them whose container runs."""
    predecessors: dict[str, Group] = field(default_factory=dict[str, Group])
    """Containers of the Go runtime, by bot, of the last two listings: one that is gone costs a look, and one listing
    that lies must not make us start beside it."""
    listed_at: float | None = None
    """Monotonic time at which the last listing began."""
    _watch: int | None = None
    """The watch that was open at the last listing."""
    _agreeing: int = 0
    """Listings since it was opened."""
    _known: set[str] = field(default_factory=set[str])
    """Bots of whom a container was ever seen, or told of."""
    _marks: dict[str, int] = field(default_factory=dict[str, int])
    """Bot id to a hash of its containers' ids and statuses."""
    _theirs: dict[str, Group] = field(default_factory=dict[str, Group])
    """Containers of the Go runtime in the last listing."""
    _seen: frozenset[str] | None = None
    """Ids of bots in the listing before, while a second one is waited for."""

    def take(
        self, containers: Iterable[Observed], began: float, watch: int | None = None
    ) -> tuple[dict[str, Group], set[str]]:
        """Take a listing; return the containers by bot, and the bots whose containers are not as they were."""
        by_bot = _by_bot(containers, self.kind)
        self._agreeing = self._agreeing + 1 if watch is not None and watch == self._watch else 1
        self._watch = watch
        self._known |= by_bot.keys()
        before, self._marks = self._marks, {bot_id: _mark(group) for bot_id, group in by_bot.items()}
        self.ours = frozenset(bot_id for bot_id, group in by_bot.items() if ours_of(group))
        self.running = frozenset(bot_id for bot_id in self.ours if _runs(by_bot[bot_id]))
        theirs = {bot_id: theirs for bot_id, group in by_bot.items() if (theirs := _theirs(group))}
        self.predecessors, self._theirs = {**self._theirs, **theirs}, theirs
        self.listed_at = began
        bots = self._marks.keys() | before.keys()
        return by_bot, {bot_id for bot_id in bots if self._marks.get(bot_id) != before.get(bot_id)}

    def agrees(self, seen: frozenset[str]) -> bool:
        """Tell whether two listings in a row agree that nobody is missing.

        An engine that says once that there is nothing must not make us start beside what there is.
        """
        before, self._seen = self._seen, seen
        return before is not None and before <= seen

    def told(self, bot_id: str) -> None:
        """Hear of a container of a bot."""
        self._known.add(bot_id)

    def has_none(self, bot_id: str, watch: int | None) -> bool:
        """Tell whether a bot has no container for sure, given the watch that is open now.

        Two listings had none, and since before them all that happens is told.
        """
        sure = self.whole and watch is not None and watch == self._watch and self._agreeing > 1
        return sure and bot_id not in self._known

    def forget(self) -> None:
        """Accept no listing any more before two have agreed."""
        self.whole, self._seen, self._watch = False, None, None


def ours_of(containers: Group) -> Group:
    """Return a bot's containers of this installation: one, unless hands made more."""
    return tuple(container for container in containers if container.installation is not None)


def _by_bot(containers: Iterable[Observed], kind: Kind) -> dict[str, Group]:
    grouped: dict[str, Group] = {}
    for container in containers:
        if container.kind is kind:
            grouped[container.bot_id] = (*grouped.get(container.bot_id, ()), container)
    return grouped


def _runs(containers: Group) -> bool:
    return any(container.status is Status.RUNNING for container in ours_of(containers))


def _theirs(containers: Group) -> Group:
    return tuple(container for container in containers if container.installation is None)


def _mark(containers: Group) -> int:
    return hash(tuple((container.container_id, container.status) for container in containers))
