"""A small world in memory behind the command line: ports with their promises kept, and no surprises."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from the0_actors.actors.domain.answers import Deleted, DocumentAnswer
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Exit, Observed, Status
from the0_actors.actors.domain.runs import RunRecord
from the0_actors.actors.domain.schedules import Basis, ScheduleAnswer, Scheduled
from the0_actors.actors.errors import Gone, Refused, Unavailable
from the0_actors.actors.ports.engine import Signal
from the0_actors.actors.ports.objects import ObjectVersion
from the0_actors.actors.ports.store import Installation, Lease, Listing, Marks
from the0_actors.bin.environment import Environment
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Settings

INSTALLATION = "0123456789ab"


def spec_of(bot_id: str, version: str = "1.0.0", key: str = "local/sma/1.0.0") -> LaunchSpec:
    return LaunchSpec(bot_id, Kind.REALTIME, "python3.11", "main.py", key, version, "{}")


def container_of(bot_id: str, **changes: Any) -> Observed:
    made = Observed(
        container_id=f"container-of-{bot_id}",
        name=f"the0-{bot_id}",
        bot_id=bot_id,
        kind=Kind.REALTIME,
        installation=INSTALLATION,
        status=Status.RUNNING,
        fingerprint=f"fingerprint-1.0.0-of-{bot_id}",
        code_hash="code",
        birth=Birth(),
    )
    return replace(made, **changes)


@dataclass
class World:
    """Everything that a command can reach, and what it did."""

    answers: dict[str, DocumentAnswer] = field(default_factory=dict[str, DocumentAnswer])
    containers: dict[str, Observed] = field(default_factory=dict[str, Observed])
    schedules: dict[str, ScheduleAnswer] = field(default_factory=dict[str, ScheduleAnswer])
    claims: dict[str, RunRecord] = field(default_factory=dict[str, RunRecord])
    """Runs whose end is not recorded, by schedule."""
    settled: list[RunRecord] = field(default_factory=list[RunRecord])
    advanced: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    """Due times that were written."""
    printed: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Output by container."""
    handed_out: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    scheduler_elsewhere: bool = False
    deaf: set[str] = field(default_factory=set[str])
    """Containers that do not end at TERM."""
    immortal: set[str] = field(default_factory=set[str])
    """Nor at KILL."""
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    published: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    heard: Callable[["World", str, bytes], None] = field(default=lambda _, __, ___: None)
    """What a runtime does with an event."""
    stream: bool = False
    down: set[str] = field(default_factory=set[str])
    """Dependencies that do not answer."""
    active_elsewhere: bool = False
    lock_ends: float = float("inf")
    installation: Installation | None = field(default_factory=lambda: Installation(INSTALLATION, "engine-1"))
    remembered: dict[str, str] = field(default_factory=dict[str, str])
    graves: list[str] = field(default_factory=list[str])
    purged: set[str] = field(default_factory=set[str])
    swept: bool = False
    disbanded: bool = False
    embedded_removed: bool = False
    lease_taken: bool = False
    time: float = 1_767_348_000.0

    def environment(self) -> Environment:
        return Environment(lambda: cast("Wiring", MemoryWiring(self)), self.pause, lambda: self.time, lambda: self.time)

    def pause(self, seconds: float) -> None:
        self.time += seconds

    def need(self, part: str) -> None:
        if part in self.down:
            raise Unavailable(part, "connection refused")


@dataclass
class MemoryWiring:
    world: World

    @contextmanager
    def connected(self, settings: Settings, *, start: bool) -> Generator[Settings, None, None]:
        assert start in {True, False}
        yield settings

    def remove_embedded(self, settings: Settings) -> None:
        assert settings.embedded.parts
        self.world.embedded_removed = True

    def foreseen_servers(self, settings: Settings) -> str:
        self.world.need("embedded")
        return f"installed; `run` starts them, data under {settings.embedded.data_dir}"

    def foreseen_engine(self, settings: Settings) -> str:
        return f"engine {self.open_engine(settings, '').identify()}"

    def open_store(self, _: Settings) -> "MemoryStore":
        return MemoryStore(self.world)

    def open_schedules(self, _: Settings) -> "MemorySchedules":
        return MemorySchedules(self.world)

    def open_objects(self, _: Settings) -> "MemoryObjects":
        return MemoryObjects(self.world)

    def open_engine(self, _: Settings, installation: str) -> "MemoryEngine":
        return MemoryEngine(self.world, installation)

    def open_memory(self, _: Settings, kind: Kind) -> "MemoryMemory":
        return MemoryMemory(self.world.remembered if kind is Kind.REALTIME else {})

    def open_lock(self, _: Settings, installation: str, kind: Kind) -> "MemoryLock":
        assert installation == INSTALLATION
        return MemoryLock(self.world, kind)

    def open_publisher(self, _: Settings) -> "MemoryPublisher":
        return MemoryPublisher(self.world)


@dataclass
class MemoryLock:
    world: World
    kind: Kind

    def take(self) -> bool:
        world = self.world
        taken = world.active_elsewhere if self.kind is Kind.REALTIME else world.scheduler_elsewhere
        return not taken or world.time >= world.lock_ends

    def give_back(self) -> None:
        assert self.kind


@dataclass
class MemoryMemory:
    kept: dict[str, str]

    def recall(self) -> dict[str, str]:
        return self.kept

    def remember(self, installation: str, engine: str) -> None:
        raise AssertionError(f"{installation} on {engine} is remembered by a runtime alone")


@dataclass
class MemoryStore:
    world: World

    def marks(self) -> Marks:
        self.ping()
        return Marks(self.world.installation, self.world.installation)

    def ping(self) -> None:
        self.world.need("mongodb")

    def peek(self) -> Installation | None:
        self.ping()
        return self.world.installation

    def list(self) -> Listing:
        self.ping()
        return Listing(dict.fromkeys(self.world.answers, b"0" * 16), {}, ())

    def buried(self, age: float) -> tuple[str, ...]:
        self.ping()
        assert age == 0.0
        return tuple(self.world.graves)

    def read(self, bot_id: str) -> DocumentAnswer:
        self.ping()
        return self.world.answers.get(bot_id, Deleted())

    def lease(self, holder: str, host: str, term: float) -> Lease:
        assert term <= 10
        self.world.lease_taken = True
        return Lease(holder, mine=True, host=host)

    def release(self, holder: str) -> None:
        assert holder
        self.world.lease_taken = False


@dataclass
class MemorySchedules:
    world: World

    def marks(self) -> Marks:
        self.world.need("mongodb")
        return Marks(self.world.installation, self.world.installation)

    def peek(self) -> Installation | None:
        self.world.need("mongodb")
        return self.world.installation

    def list(self) -> Listing:
        self.world.need("mongodb")
        return Listing(dict.fromkeys(self.world.schedules, b"0" * 16), {}, ())

    def buried(self, age: float) -> tuple[str, ...]:
        assert age == 0.0
        return ()

    def read(self, bot_id: str) -> ScheduleAnswer:
        self.world.need("mongodb")
        return self.world.schedules.get(bot_id, Deleted())

    def open_run(self, bot_id: str) -> RunRecord | None:
        return self.world.claims.get(bot_id)

    def advance(self, bot_id: str, basis: Basis, due: int | None) -> bool:
        answer = self.world.schedules.get(bot_id)
        assert isinstance(answer, Scheduled)
        assert answer.basis == basis
        self.world.advanced[bot_id] = due
        return True

    def settle(self, record: RunRecord) -> None:
        del self.world.claims[record.bot_id]
        self.world.settled.append(record)

    def lease(self, holder: str, host: str, term: float) -> Lease:
        assert term <= 10
        return Lease(holder, mine=True, host=host)

    def release(self, holder: str) -> None:
        assert holder


@dataclass
class MemoryObjects:
    world: World

    def ping(self) -> None:
        self.world.need("objects")

    def stat(self, key: str) -> ObjectVersion | None:
        found = self.world.objects.get(key)
        return None if found is None else ObjectVersion("etag", len(found))

    def put(self, key: str, source: Path) -> ObjectVersion:
        assert key not in self.world.objects, "an archive was overwritten"
        self.world.objects[key] = source.read_bytes()
        return ObjectVersion("etag", source.stat().st_size)


@dataclass
class MemoryPublisher:
    world: World

    def ping(self) -> None:
        self.world.need("nats")

    def publish(self, subject: str, payload: bytes) -> bool:
        self.ping()
        self.world.published.append((subject, payload))
        self.world.heard(self.world, subject, payload)
        return self.world.stream


@dataclass
class MemoryEngine:
    world: World
    installation: str

    def identify(self) -> str:
        self.world.need("docker")
        return "engine-1"

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        assert code_hash == "code"
        return f"fingerprint-{spec.code_version}-of-{spec.bot_id}"

    def list(self) -> tuple[Observed, ...]:
        return tuple(one for one in self.everyone() if one.installation in {None, self.installation})

    def everyone(self) -> tuple[Observed, ...]:
        self.identify()
        return tuple(self.world.containers.values())

    def look(self, container_id: str) -> Observed | None:
        return self.world.containers.get(container_id)

    def signal(self, container_id: str, signal: Signal) -> None:
        if container_id not in self.world.containers:
            raise Gone(container_id)
        world = self.world
        if container_id in world.immortal or (signal is Signal.TERM and container_id in world.deaf):
            return
        code = 143 if signal is Signal.TERM else 137
        ended = Exit(code, oom=False, finished_at=world.time)
        world.containers[container_id] = replace(world.containers[container_id], status=Status.EXITED, exit=ended)

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        assert tail
        assert not follow
        yield self.world.printed.get(container_id, b"")

    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        assert limit
        return self.world.handed_out.get((container_id, name))

    def resume(self, container_id: str) -> None:
        assert container_id

    def remove(self, container_id: str) -> None:
        if container_id not in self.world.containers:
            raise Gone(container_id)
        if self.world.containers[container_id].status is Status.RUNNING:
            raise Refused("it runs")
        del self.world.containers[container_id]

    def purge(self, bot_id: str) -> None:
        self.world.purged.add(bot_id)

    def sweep_code(self, in_use: frozenset[str]) -> int:
        self.world.swept = not in_use
        return 0

    def disband(self) -> None:
        self.world.disbanded = True


def running(*bot_ids: str, **changes: Any) -> dict[str, Observed]:
    made = [container_of(bot_id, **changes) for bot_id in bot_ids]
    return {container.container_id: container for container in made}
