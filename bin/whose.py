"""Whose containers a start would find, and whether it would wait for a word: what `--dry-run` and `down` say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.identification import Identification
from the0_actors.actors.identity import Hold, Take, Word, group, strangers
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.memory import Memory
from the0_actors.actors.ports.store import DesiredState


@dataclass(frozen=True, slots=True)
class Whose:
    """What a start would find out."""

    installation: str
    """The one that it would be; empty: a new one."""
    holds: tuple[str, ...]
    """Why it would start nothing; empty: it would go on."""
    strangers: tuple[str, ...]
    """Other installations on the engine, a line each."""


def whose(stores: Mapping[Kind, tuple[DesiredState, Memory]], engine: Engine, word: Word) -> Whose:
    """Ask as a start does, and do nothing. The engine may be built for anybody. Raises `Unavailable`."""
    installation, holds, engine_id = "", list[str](), engine.identify()
    for kind, (store, memory) in stores.items():
        asked = Identification(store, memory, engine.everyone, lambda: False, kind, word)
        decision, owner = asked.decision(engine_id), store.marks().owner
        installation = installation or (owner.id if owner else "")
        match decision:
            case Hold(reason) if reason not in holds:
                holds.append(reason)
            case Take(wanted):
                installation = wanted
            case _:
                pass
    return Whose(installation, tuple(holds), () if holds else others(engine.everyone(), installation))


def others(containers: Iterable[Observed], ours: str) -> tuple[str, ...]:
    """Return a line for each other installation that has containers among these."""
    return strangers(group(containers), ours)
