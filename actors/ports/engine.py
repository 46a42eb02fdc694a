"""Port: what runs containers.

Three implementations, one contract suite (`tests/contract/engine`): docker, process, and the fake that scripts
faults. All calls block and are made on a lane's thread, never in an actor's turn. All calls raise `Unavailable`
when the outcome is unknown; `Refused` when the engine said no.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed

NO_FINGERPRINT = "-"
"""The fingerprint of what can never be created; no container has it."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A container as the desired state wants it, from code that was prepared."""

    spec: LaunchSpec
    code_hash: str


@dataclass(frozen=True, slots=True)
class Again:
    """The same container once more, from its own inspect (`Observed.body` of a look): no store is needed."""

    container: Observed


Blueprint = Fresh | Again


class Signal(StrEnum):
    """What `Engine.signal` sends to the bot's first process."""

    TERM = "TERM"
    KILL = "KILL"


class Happening(StrEnum):
    """What an engine event tells. It is a hint: the receiver looks."""

    STARTED = "started"
    DIED = "died"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    SHORT_OF_MEMORY = "short of memory"
    """A process of it was killed for lack of memory; the container may go on."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something happened to a container with a bot id."""

    bot_id: str
    container_id: str
    happening: Happening
    ours: bool = True
    """False for a container of the Go runtime (no installation label); other installations' are not told at all."""


class Subscription(Protocol):
    """Something that goes on until it is closed."""

    def close(self) -> None:
        """End it. Returns soon, may be called twice; nothing is emitted after it returned."""
        ...


def closed(subscription: Subscription) -> None:
    """Close one that came when who asked for it had ended."""
    subscription.close()


class Engine(Protocol):
    """One engine. Built for one installation: `create` labels with it and `list` tells who owns what."""

    def identify(self) -> str:
        """Return the engine's own id: it stands beside the installation, so that another engine is noticed."""
        ...

    def ping(self) -> None:
        """Raise `Unavailable` unless the engine answers. The cheapest question there is: it is asked all the time."""
        ...

    def name_of(self, bot_id: str, kind: Kind) -> str:
        """Return the one deterministic container name of a bot. Pure. At most 63 characters, reversible or hashed."""
        ...

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        """Return SHA-256 (64 hex digits) of the create request that would be sent, less the `Birth`. Pure, total.

        `NO_FINGERPRINT` for a spec that `check` refuses: a bot that runs is compared with all that its document says.
        """
        ...

    def check(self, spec: LaunchSpec) -> None:
        """Raise `Unlaunchable` if this engine can never run it (unknown runtime, no entry point). Pure."""
        ...

    def list(self) -> tuple[Observed, ...]:
        """Return every container of this installation, and the Go runtime's (`installation` None), in any state.

        Complete or an error: never a part. Containers of other installations are left out.
        """
        ...

    def find(self, bot_id: str, kind: Kind) -> tuple[Observed, ...]:
        """Return every container that a bot has of this installation, whatever its name, in any state, as `list` does.

        It asks for the labels, not for the name, which a hand may have changed.
        """
        ...

    def everyone(self) -> tuple[Observed, ...]:
        """Return what `list` does, and the containers of every other installation beside it."""
        ...

    def look(self, name_or_id: str) -> Observed | None:
        """Return one container whole; None means the engine said that there is none.

        A container of that name that is not this installation's raises `Refused`.
        """
        ...

    def has_code(self, code_hash: str) -> bool:
        """Tell whether code of that content is in the engine, complete.

        May go by what was seen before: `create` looks, and after its `CodeMissing` this is asked of the engine again.
        """
        ...

    def store_code(self, package: CodePackage) -> None:
        """Put code into the engine, once per content. Idempotent; a half-filled store counts as absent."""
        ...

    def prepare(self, spec: LaunchSpec) -> None:
        """Bring what a container of this spec needs beside its code: image (pulled only when absent), network."""
        ...

    def create(self, blueprint: Blueprint, birth: Birth) -> str:
        """Create the container under its name, not started; return its id.

        Raises `NameTaken`; `CodeMissing` when, seen through the created container, the code is not whole (the
        container is removed again); `Gone` when an `Again` names an image that is no more. Who follows the engine's
        events may leave that look out where another container has the code, or the one in whose place this one comes
        had it.
        """
        ...

    def start(self, container_id: str) -> None:
        """Start a created container. Raises `Gone`, `Refused`. Running already is fine."""
        ...

    def signal(self, container_id: str, signal: Signal) -> None:
        """Send a signal. Raises `Gone`. Not running is fine."""
        ...

    def resume(self, container_id: str) -> None:
        """Let a paused container go on. Raises `Gone`. Not paused is fine."""
        ...

    def remove(self, container_id: str) -> None:
        """Remove a container that does not run. Raises `Gone`, `Refused` when it runs."""
        ...

    def purge(self, bot_id: str) -> None:
        """Remove what is kept for a bot across its incarnations (its state volume). Idempotent.

        Raises `Refused` while the bot has a container, in any state.
        """
        ...

    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Measure what these bots keep across their incarnations. What nobody has kept anything for is left out."""
        ...

    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove this installation's code that no container uses and that is not in `in_use`; return how many."""
        ...

    def disband(self) -> None:
        """Remove what all bots had together (networks, rules for them), as far as none is in it. Idempotent."""
        ...

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        """Yield output (stdout and stderr as they came); with `follow` until the container ends. Raises `Gone`."""
        ...

    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        """Return a file that a scheduled run handed out (`domain.launch`); None when there is none.

        Raises `Gone`; `Refused` for more than `limit` bytes, and for what is no regular file.
        """
        ...

    def watch(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> Subscription:
        """Follow events from now on. Returns once following; `emit` is called on another thread.

        `ended` is called once with the reason when the stream ends without `close`. There is no replay: the
        caller lists after the watch began.
        """
        ...
