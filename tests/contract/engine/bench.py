"""What the suite needs of an engine under test, beside the port: bots that behave, and hands that meddle."""

from enum import StrEnum
from typing import Protocol

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.ports.engine import Engine


class Behaviour(StrEnum):
    """How a test bot lives."""

    STAYS = "stays"
    """Prints `up <incarnation>`, runs until TERM, then prints `bye` and ends with 0."""
    STUBBORN = "stubborn"
    """Prints `up <incarnation>`, and does not end on TERM."""
    CRASHES = "crashes"
    """Prints `up <incarnation>` and ends with 3 at once."""
    KEEPS = "keeps"
    """Prints `kept <n>`, n being how often it has run with this state, then runs until TERM."""
    RESULT = "result"
    """Leaves a `result.json` of 21 bytes and ends."""
    LINK = "link"
    """Leaves a link to `/etc/passwd` as what it hands out, and ends."""
    ENDLESS = "endless"
    """Leaves a link to `/dev/zero` as its `result.json`, and ends."""
    FIFO = "fifo"
    """Leaves a named pipe as its `result.json`, and ends."""
    SWAPS = "swaps"
    """Leaves a `result.json` of 21 bytes and a child that replaces it again and again by a named pipe, and ends."""
    LOCKS = "locks"
    """Leaves folders, where results and state lie, that cannot be entered, and ends."""


class Bench(Protocol):
    """One engine on the bench, with an installation of its own that is cleaned away afterwards."""

    @property
    def engine(self) -> Engine:
        """The engine under test."""
        ...

    @property
    def neighbour(self) -> Engine:
        """The same machine as another installation sees it."""
        ...

    def package(self, behaviour: Behaviour) -> CodePackage:
        """Return the code of a bot that behaves so."""
        ...

    def spec(self, bot_id: str) -> LaunchSpec:
        """Return a spec that runs any of these packages."""
        ...

    def crash(self, container_id: str) -> None:
        """Kill a container from outside, with code 137."""
        ...

    def remove(self, container_id: str) -> None:
        """Remove a container by hand, whatever state it is in."""
        ...

    def pause(self, container_id: str) -> None:
        """Pause a container by hand."""
        ...

    def damage(self, code_hash: str) -> None:
        """Leave the store of a code without its mark of completeness, as a filling that was cut off does."""
        ...

    def stranger(self, name: str) -> str:
        """Create something of that name that is nobody's bot; return its id."""
        ...

    def upstream(self, bot_id: str) -> str:
        """Start a container as the Go runtime does: its labels, no installation; return its id."""
        ...
