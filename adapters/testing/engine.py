"""A fake engine: containers in memory, exits and removals by script, and faults on calls.

A `FakeEngine` is one runtime's client of an `EngineWorld`, which is the daemon. Faults are
asked for at each call: `refuse` (said no, nothing done), `lose` (unreachable, nothing done), `lose_after` (done, but
the answer is lost), and for listings `lie` (an empty answer).
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import CodeMissing, Gone, NameTaken, Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.engine import NO_FINGERPRINT, Again, Blueprint, EngineEvent, Fresh, Happening, Signal
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeContainer, FakeSubscription, Fault


class FakeEngine:
    """One installation's view of the daemon."""

    RUNTIMES = frozenset({"python3.11", "nodejs20"})

    def __init__(self, world: EngineWorld, installation: str) -> None:
        self._world = world
        self._installation = installation
        self._opened: list[FakeSubscription] = []
        self._dropped = False
        self.cut = False
        """The network between this client and the daemon is."""

    def identify(self) -> str:
        """Return the daemon's id."""
        self._fault("identify", "")
        return self._world.engine_id

    def ping(self) -> None:
        """Answer, or not, by script."""
        self._fault("ping", "")

    def name_of(self, bot_id: str, kind: Kind) -> str:
        """Return the one name."""
        return f"the0-{self._installation}-{kind[0]}-{bot_id}"

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        """Return a hash over spec and code."""
        if spec.runtime not in self.RUNTIMES:
            return NO_FINGERPRINT
        text = json.dumps([asdict(spec), code_hash], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, spec: LaunchSpec) -> None:
        """Refuse unknown runtimes."""
        if spec.runtime not in self.RUNTIMES:
            raise Unlaunchable(f"unknown runtime {spec.runtime!r}")

    def list(self) -> tuple[Observed, ...]:
        """Return what concerns this installation."""
        return tuple(one for one in self.everyone() if one.installation in {None, self._installation})

    def everyone(self) -> tuple[Observed, ...]:
        """Return all there is."""
        if self._fault("list", "") is Fault.LIE:
            return ()
        return tuple(replace(_observe(c), exit=None, body=None) for c in self._world.containers.values())

    def find(self, bot_id: str, kind: Kind) -> tuple[Observed, ...]:
        """Return what a bot has."""
        self._fault("find", bot_id)
        found = (_observe(c) for c in self._world.of(bot_id) if c.installation == self._installation)
        return tuple(replace(one, exit=None, body=None) for one in found if one.kind is kind)

    def look(self, name_or_id: str) -> Observed | None:
        """Return one container."""
        self._fault("look", name_or_id)
        container = self._world.containers.get(name_or_id) or self._world.by_name(name_or_id)
        if container is None:
            return None
        if container.installation not in {None, self._installation}:
            raise Refused(f"{name_or_id} belongs to another installation")
        return _observe(container)

    def has_code(self, code_hash: str) -> bool:
        """Tell whether code is there."""
        return code_hash in self._world.code

    def store_code(self, package: CodePackage) -> None:
        """Take code."""
        self._fault("store_code", package.digest)
        self._world.code.add(package.digest)

    def prepare(self, spec: LaunchSpec) -> None:
        """Pretend to pull."""
        self._fault("prepare", spec.bot_id)

    def create(self, blueprint: Blueprint, birth: Birth) -> str:
        """Create a container."""
        container = self._make(blueprint, birth)
        fault = self._fault("create", container.bot_id)
        if self._world.by_name(container.name) is not None:
            raise NameTaken(container.name)
        if container.spec is not None and container.spec.code_version == (self._world.unstartable or None):
            raise Refused(f"version {container.spec.code_version} cannot be created, by script")
        if container.code_hash not in self._world.code:
            raise CodeMissing(container.code_hash)
        self._world.add(container)
        self._changed("create", container.bot_id, fault)
        return container.container_id

    def _make(self, blueprint: Blueprint, birth: Birth) -> FakeContainer:
        self._world.made += 1
        container_id = f"c{self._world.made:06d}"
        match blueprint:
            case Fresh(spec, code_hash):
                name, fingerprint = self.name_of(spec.bot_id, spec.kind), self.fingerprint(spec, code_hash)
                return FakeContainer(
                    container_id,
                    name,
                    spec.bot_id,
                    self._installation,
                    Status.CREATED,
                    spec,
                    code_hash,
                    fingerprint,
                    birth,
                )
            case Again(container):
                if not isinstance(container.body, FakeContainer):
                    raise TypeError("Again needs a container that was looked at")
                return replace(
                    container.body,
                    container_id=container_id,
                    name=self.name_of(container.bot_id, container.kind),
                    status=Status.CREATED,
                    birth=birth,
                    started_at=None,
                    exit=None,
                )

    def start(self, container_id: str) -> None:
        """Start it."""
        container = self._find(container_id)
        fault = self._fault("start", container.bot_id)
        if container.status is not Status.RUNNING:
            container.status = Status.RUNNING
            container.started_at = self._world.clock.wall()
            self._world.began(container)
            self._world.tell(container, Happening.STARTED)
        self._changed("start", container.bot_id, fault)

    def signal(self, container_id: str, signal: Signal) -> None:
        """Signal it: KILL ends it, TERM when it heeds."""
        container = self._find(container_id)
        fault = self._fault("signal", container.bot_id)
        began, now = container.started_at or 0.0, self._world.clock.wall()
        heard = signal is Signal.KILL or (container.heeds_term and now - began >= self._world.deaf)
        if container.status is Status.RUNNING and heard:
            self._world.die(container, 137 if signal is Signal.KILL else 0)
        self._changed("signal", container.bot_id, fault)

    def resume(self, container_id: str) -> None:
        """Let it go on."""
        container = self._find(container_id)
        fault = self._fault("resume", container.bot_id)
        if container.status is Status.PAUSED:
            container.status = Status.RUNNING
            self._world.tell(container, Happening.RESUMED)
        self._changed("resume", container.bot_id, fault)

    def remove(self, container_id: str) -> None:
        """Remove it unless it runs."""
        container = self._find(container_id)
        fault = self._fault("remove", container.bot_id)
        if container.status in {Status.RUNNING, Status.PAUSED}:
            raise Refused("it runs")
        self._world.remove(container)
        self._changed("remove", container.bot_id, fault)

    def purge(self, bot_id: str) -> None:
        """Keep nothing."""
        fault = self._fault("purge", bot_id)
        if any(container.installation == self._installation for container in self._world.of(bot_id)):
            raise Refused(f"{bot_id} has a container")
        self._changed("purge", bot_id, fault)

    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Return what the script says that bots keep."""
        self._fault("kept", "")
        return tuple(kept for bot_id, kept in self._world.kept.items() if bot_id in bot_ids)

    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove unused code."""
        used = in_use | {c.code_hash for c in self._world.containers.values()}
        unused = self._world.code - used
        self._world.code -= unused
        return len(unused)

    def disband(self) -> None:
        """Remove nothing."""
        self._changed("disband", "", self._fault("disband", ""))

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        """Yield a line."""
        del tail, follow
        self._fault("logs", self._find(container_id).bot_id)
        yield f"output of {container_id}\n".encode()

    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        """Return what a run handed out."""
        container = self._find(container_id)
        self._fault("handed_out", container.bot_id)
        found = container.handed_out.get(name)
        if found is not None and len(found) > limit:
            raise Refused(f"{name} has more than {limit} bytes")
        return found

    def watch(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> FakeSubscription:
        """Follow events."""
        self._fault("watch", "")
        subscription = FakeSubscription(self._world, emit, ended)
        self._opened.append(subscription)
        if self._dropped:
            subscription.close()
        return subscription

    def drop(self) -> None:
        """Lose all of its subscriptions, and keep none open, as when its process is killed."""
        self._dropped = True
        for subscription in self._opened:
            subscription.close()

    def _find(self, container_id: str) -> FakeContainer:
        container = self._world.containers.get(container_id)
        if container is None:
            raise Gone(container_id)
        return container

    def _fault(self, operation: str, target: str) -> Fault:
        fault = self._world.fault(operation, target)
        if fault is Fault.REFUSE:
            raise Refused(f"{operation} refused by script")
        if fault is Fault.LOSE or self.cut:
            raise Unavailable("engine", f"{operation} lost by script")
        return fault

    def _changed(self, operation: str, bot_id: str, fault: Fault) -> None:
        self._world.calls.append((operation, bot_id))
        if fault is Fault.LOSE_AFTER:
            raise Unavailable("engine", f"the answer to {operation} is lost by script")


def _observe(container: FakeContainer) -> Observed:
    return Observed(
        container_id=container.container_id,
        name=container.name,
        bot_id=container.bot_id,
        kind=Kind.REALTIME if container.spec is None else container.spec.kind,
        installation=container.installation,
        status=container.status,
        fingerprint=container.fingerprint,
        code_hash=container.code_hash,
        birth=container.birth,
        started_at=container.started_at,
        exit=container.exit if container.status is Status.EXITED else None,
        stop_grace=None if container.spec is None else container.spec.stop_grace,
        body=replace(container),
    )
