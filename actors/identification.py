"""How a runtime finds out which installation it is: the questions that `identity.decide` needs answered. Blocks.

What cannot be asked is unknown, never nothing: then `Unavailable` is raised, and who calls asks again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.errors import Undecided
from the0_actors.actors.identity import Bots, Evidence, Hold, Keep, Take, Word, decide, group
from the0_actors.actors.ports.memory import Memory
from the0_actors.actors.ports.store import DesiredState, Installation, Marks

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identification:
    """Finds out the installation of one kind's database."""

    store: DesiredState
    memory: Memory
    containers: Callable[[], tuple[Observed, ...]]
    """Ask the engine for the containers of every installation."""
    lead: Callable[[], bool]
    """Take the lease, before an installation that others may be running is given up; tell whether it is ours."""
    kind: Kind
    word: Word = field(default_factory=Word)

    def __call__(self, engine: str) -> Installation:
        """Return who we are on this engine, making what is to be made. Raises `Undecided`, `Unavailable`."""
        marks = self.store.marks()
        match decide(self.evidence(engine, marks), self.word):
            case Hold(reason):
                raise Undecided(reason)
            case Keep():
                installation = self.store.installation(engine, marks)
            case Take(wanted, instead_of):
                installation = self._taken(wanted, instead_of, engine)
        if installation.engine != engine:
            raise Undecided(f"another runtime came first, on engine {installation.engine}")
        self.memory.remember(installation.id, engine)
        return installation

    def decision(self, engine: str) -> Keep | Take | Hold:
        """Return what is to be done, and do nothing."""
        return decide(self.evidence(engine, self.store.marks()), self.word)

    def evidence(self, engine: str, marks: Marks) -> Evidence:
        """Ask what the decision depends on, beside the database's marks."""
        owner = "" if marks.owner is None else marks.owner.id
        settled = marks.own is not None and self.word.adopt in {"", owner}
        return Evidence(
            engine=engine,
            owner=owner,
            recorded="" if marks.owner is None else marks.owner.engine,
            blank=marks.own is None,
            here={} if settled else self._here(owner),
            remembered={} if settled else self.memory.recall(),
        )

    def _here(self, owner: str) -> Bots:
        """Return who has containers. An engine that says once that there is nothing is asked once more."""
        found = {container.container_id: container for _ in range(2) for container in self.containers()}
        # Where the bots' database stands, its containers tell nothing about that of schedules but those of schedules.
        own_kind = (one for one in found.values() if one.installation != owner or one.kind is self.kind or self._adopts)
        return group(own_kind)

    @property
    def _adopts(self) -> bool:
        return bool(self.word.adopt)

    def _taken(self, wanted: str, instead_of: str, engine: str) -> Installation:
        if instead_of and not self.lead():
            raise Undecided(
                f"--adopt-installation {wanted}: a runtime of installation {instead_of} is active; end it first"
            )
        installation = self.store.adopt(wanted, engine, instead_of)
        if installation.id != wanted:
            raise Undecided(f"another runtime came first, with installation {installation.id}")
        log.warning("installation_adopted", installation=wanted, instead_of=instead_of)
        return installation
