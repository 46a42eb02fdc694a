"""Whose containers are these: which installation a runtime is to be, decided before it touches anything. Pure.

An installation is made once, in the database, and its id stands on every container. A database without it is new, or
was emptied, or is another one. It is taken for new only where nobody remembers another installation: neither the
engine, by its containers, nor the data folder. Else the operator says whose they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from the0_actors.actors.domain.observed import Observed

NAMED = 5
"""How many bots of an installation are named."""

Bots = Mapping[str, tuple[str, ...]]
"""Installation to the ids of the bots that have a container of it, one for each container."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the operator said; at most one of the two."""

    adopt: str = ""
    """The installation to go on with; empty: nothing was said."""
    anew: bool = False
    """What there is belongs to others: begin beside it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when a runtime finds out who it is."""

    engine: str
    """The id of the engine that we have."""
    owner: str = ""
    """The installation that the database names; empty when it names none."""
    recorded: str = ""
    """The id of the engine that stands beside it; empty when none does."""
    blank: bool = True
    """The database of our kind of bots has no marker. That of schedules may have lost its own while `owner` stands."""
    here: Bots = field(default_factory=dict[str, tuple[str, ...]])
    """Containers on our engine, of any installation. Empty where nothing depends on them."""
    remembered: Mapping[str, str] = field(default_factory=dict[str, str])
    """Installations that were identified from our data folder, each to its engine's id."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Be what the database said; where it said nothing, make a new installation."""


@dataclass(frozen=True, slots=True)
class Take:
    """Make the database's marker anew, with this id and our engine."""

    installation: str
    instead_of: str = ""
    """The installation that is given up for it; empty when the database named none."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Make nothing and start nothing, until the operator has spoken or the database is back."""

    reason: str


Decision = Keep | Take | Hold


def decide(found: Evidence, word: Word) -> Decision:
    """Return which installation to be."""
    if word.adopt and word.adopt != found.owner:
        return _adopt(found, word.adopt)
    if found.owner and found.recorded not in {"", found.engine}:
        return _moved(found, word)
    if found.blank and not (word.adopt or word.anew) and (theirs := _others(found)):
        return Hold(_unknown(found, theirs))
    return Keep()


def group(containers: Iterable[Observed]) -> dict[str, tuple[str, ...]]:
    """Return the containers by installation, without those of the Go runtime, which have none."""
    found: dict[str, list[str]] = {}
    for container in containers:
        if container.installation is not None:
            found.setdefault(container.installation, []).append(container.bot_id)
    return {installation: tuple(sorted(bots)) for installation, bots in sorted(found.items())}


def strangers(here: Bots, ours: str) -> tuple[str, ...]:
    """Return one line for each other installation that has containers on our engine, with what to do."""
    return tuple(
        f"{_containers(bots)} on this engine, of installation {installation}, which is not ours: "
        f"`the0-actors down --installation {installation}` stops them, "
        f"`the0-actors run --adopt-installation {installation}` takes them over; those of somebody else are left alone"
        for installation, bots in here.items()
        if installation != ours
    )


def _adopt(found: Evidence, wanted: str) -> Decision:
    if found.owner and found.recorded not in {"", found.engine}:
        return Hold(_elsewhere(found))
    known = sorted({*found.here, *found.remembered, *filter(None, [found.owner])})
    if wanted not in known:
        return Hold(
            f"--adopt-installation {wanted}: neither the engine nor the data folder nor the database knows it; "
            f"known: {', '.join(known) or 'none'}"
        )
    if own := found.here.get(found.owner):
        return Hold(
            f"--adopt-installation {wanted}: the database names installation {found.owner}, and there are "
            f"{_containers(own)} of it here. Both at once would run bots twice: stop one of the two first, "
            f"`the0-actors down --installation {found.owner}`, or `the0-actors down --installation {wanted}` and "
            "leave out --adopt-installation"
        )
    return Take(wanted, found.owner)


def _moved(found: Evidence, word: Word) -> Decision:
    if word.adopt == found.owner:
        return Take(found.owner, found.owner)
    return Hold(_elsewhere(found))


def _elsewhere(found: Evidence) -> str:
    return (
        f"installation {found.owner} belongs to engine {found.recorded}, not {found.engine}: give that one with "
        f"--docker-host; where it is no more, `--adopt-installation {found.owner}` goes on with this one"
    )


def _others(found: Evidence) -> dict[str, str]:
    """Return the installations that this database may have been of, with what tells so.

    Where the owner stands, our database can only have been of it.
    """
    told = {one: f"{_containers(bots)} on this engine" for one, bots in found.here.items()}
    for one, engine in found.remembered.items():
        where = "this engine" if engine == found.engine else f"engine {engine or 'unknown'}, which is not this one"
        told.setdefault(one, f"no container here; the data folder remembers it, on {where}")
    return {one: about for one, about in sorted(told.items()) if found.owner in {"", one}}


def _unknown(found: Evidence, theirs: Mapping[str, str]) -> str:
    known = "; ".join(f"{one} ({about})" for one, about in theirs.items())
    what = "the database names no installation" if not found.owner else "the database of schedules is empty"
    adopt = " or ".join(f"`--adopt-installation {one}`" for one in theirs)
    return (
        f"{what}, but there were some before: {known}. Nothing is started, since it may have been emptied or be "
        f"another one. Restore it; or go on in it as it is, with {adopt}; or, if they are somebody else's, "
        "begin beside them with `--new-installation`"
    )


def _containers(bots: tuple[str, ...]) -> str:
    more = f" and {len(bots) - NAMED} more" if len(bots) > NAMED else ""
    return f"{len(bots)} container{'s' * (len(bots) != 1)} ({', '.join(bots[:NAMED])}{more})"
