"""The port `Engine` over one Docker Engine: what each promise means in Docker's terms.

Calls block and may be made from many threads at once. Where Docker's answer has two meanings, the container is
looked at. It retries nothing, and what it remembers of bots only saves calls: who calls decides.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import Gone, Refused, Unlaunchable
from the0_actors.actors.ports.engine import NO_FINGERPRINT, Blueprint, EngineEvent, Fresh, Signal, Subscription
from the0_actors.adapters.docker import body, labels, names, observe
from the0_actors.adapters.docker.archive import read_file
from the0_actors.adapters.docker.births import Births
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.events import EventWatch
from the0_actors.adapters.docker.failures import Conflict, EngineFault, translated
from the0_actors.adapters.docker.helpers import Helpers
from the0_actors.adapters.docker.holds import Holds, followed
from the0_actors.adapters.docker.images import Images
from the0_actors.adapters.docker.networks import Networks
from the0_actors.adapters.docker.options import DockerOptions, Timeouts
from the0_actors.adapters.docker.owners import Owners
from the0_actors.adapters.docker.states import States
from the0_actors.adapters.docker.volumes import Volumes
from the0_actors.adapters.launch.plan import CONTAINER, SUPPORTED, check_launch

KNOWN_FINGERPRINTS = 1024
"""How many specs' fingerprints are remembered."""

_INSTALLATION = re.compile(r"[a-z0-9]{1,24}")


def engine_id(settings: ClientSettings, timeouts: Timeouts | None = None) -> str:
    """Return the engine's own id, before there is an installation to build a `DockerEngine` for.

    Raises `Unavailable`.
    """
    connection = Connection(settings, timeouts or Timeouts())
    try:
        return _identify(connection)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the engine's host has."""

    memory: int
    """Bytes."""
    cpu_millis: int
    """Thousandths of a CPU."""


def engine_capacity(settings: ClientSettings, timeouts: Timeouts | None = None) -> Capacity:
    """Return what the engine's host has. Raises `Unavailable`."""
    connection = Connection(settings, timeouts or Timeouts())
    try:
        with translated("ask what the host has"):
            info = connection.quick.info()
            return Capacity(int(info["MemTotal"]), 1000 * int(info["NCPU"]))
    finally:
        connection.close()


def data_root(settings: ClientSettings, timeouts: Timeouts | None = None) -> str:
    """Return the folder on the engine's own host in which it keeps everything. Raises `Unavailable`."""
    connection = Connection(settings, timeouts or Timeouts())
    try:
        with translated("ask for the data root"):
            return str(connection.quick.info()["DockerRootDir"])
    finally:
        connection.close()


class DockerEngine:
    """The containers of one installation on one Docker Engine. Nothing is sent until it is asked something."""

    def __init__(
        self,
        settings: ClientSettings,
        installation: str,
        options: DockerOptions | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if not _INSTALLATION.fullmatch(installation):
            raise ValueError(f"installation {installation!r}: expected up to 24 lower-case letters and digits")
        self._installation = installation
        self._options = options or DockerOptions()
        self._connection = Connection(settings, self._options.timeouts)
        self._images = Images(self._connection, self._options.timeouts, now)
        self._networks = Networks(self._connection, installation, self._options)
        helpers = Helpers(self._connection, installation, self._options)
        self._volumes = Volumes(self._connection, helpers, installation, self._options)
        self._states = States(self._connection, helpers, installation, self._options)
        self._owners = Owners(self._connection, installation, self._options)
        self._holds = Holds()
        self._fingerprint = lru_cache(KNOWN_FINGERPRINTS)(self._compute_fingerprint)
        self._births = Births(
            self._connection,
            installation,
            self._images,
            self._networks,
            self._volumes,
            self._states,
            self._owners,
            self._holds,
            self._wanted,
            self._fingerprint,
        )

    def close(self) -> None:
        """Close the idle connections. The engine may be used again."""
        self._connection.close()

    def identify(self) -> str:
        """Return the engine's own id."""
        return _identify(self._connection)

    def ping(self) -> None:
        """Raise `Unavailable` unless the engine answers."""
        with translated("ping"):
            self._connection.quick.ping()

    def name_of(self, bot_id: str, kind: Kind) -> str:
        """Return the one name of a bot's container."""
        return names.container_name(self._installation, kind, bot_id)

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        """Return the hash of the create request that would be sent."""
        return self._fingerprint(spec, code_hash)

    def check(self, spec: LaunchSpec) -> None:
        """Raise `Unlaunchable` if it can never run here."""
        images = self._options.images
        if spec.runtime not in images:
            supported = ", ".join(sorted(SUPPORTED.intersection(images)))
            raise Unlaunchable(f"runtime {spec.runtime!r} is not one of {supported}")
        check_launch(spec)

    def list(self) -> tuple[Observed, ...]:
        """Return all containers of this installation and of the Go runtime, by one request."""
        return tuple(one for one in self.everyone() if one.installation in {None, self._installation})

    def everyone(self) -> tuple[Observed, ...]:
        """Return all bots' containers, by one request."""
        run = self._holds.run
        listed = self._listed(labels.MANAGED_FILTER)
        self._births.learn(run, listed)
        return tuple(one for one, _ in listed)

    def find(self, bot_id: str, kind: Kind) -> tuple[Observed, ...]:
        """Return all containers of a bot, by one request."""
        listed = self._listed(labels.MANAGED_FILTER, *labels.filters(self._installation, bot_id))
        return tuple(one for one, _ in listed if one.kind is kind)

    def look(self, name_or_id: str) -> Observed | None:
        """Return one container whole; None when there is none. Raises `Refused` when it belongs to others."""
        try:
            with translated(f"inspect {name_or_id}"):
                answer = self._connection.quick.inspect_container(name_or_id)
        except Gone:
            return None
        found = observe.from_inspect(answer)
        if found is None or found.installation not in {None, self._installation}:
            raise Refused(f"container {name_or_id} is not of this installation")
        return found

    def has_code(self, code_hash: str) -> bool:
        """Tell whether code is there: a container has it, or by its marker."""
        return self._holds.has(code_hash) or self._volumes.has_code(code_hash)

    def store_code(self, package: CodePackage) -> None:
        """Fill the volume of a package's content, unless it is complete."""
        self._volumes.store_code(package)

    def prepare(self, spec: LaunchSpec) -> None:
        """Have image and network. Raises `Unlaunchable` as `check` does, `Refused`, `Unavailable`."""
        self.check(spec)
        self._images.ensure(self._options.images[spec.runtime])
        self._networks.ensure()

    def create(self, blueprint: Blueprint, birth: Birth) -> str:
        """Create a container under its name; see that its code is whole and what the bot keeps is its own."""
        spec = blueprint.spec if isinstance(blueprint, Fresh) else blueprint.container
        return self._births.create(self.name_of(spec.bot_id, spec.kind), blueprint, birth)

    def start(self, container_id: str) -> None:
        """Start it. What the engine failed at is looked at: running is fine, else it is a refusal."""
        try:
            with translated(f"start {container_id}"):
                self._connection.slow.start(container_id)
        except (Gone, EngineFault, Refused) as failure:
            found = self.look(container_id)
            if found is None:
                raise Gone(f"container {container_id} does not exist") from failure
            if found.status is not Status.RUNNING:
                self._networks.forget()
                raise Refused(str(failure)) from failure

    def signal(self, container_id: str, signal: Signal) -> None:
        """Send a signal; one that does not run needs none."""
        with suppress(Conflict), translated(f"signal {container_id}"):
            self._connection.quick.kill(container_id, signal.value)

    def resume(self, container_id: str) -> None:
        """Let it go on. Docker answers 500 for one that is not paused, so that is looked at."""
        try:
            with translated(f"resume {container_id}"):
                self._connection.slow.unpause(container_id)
        except (EngineFault, Conflict):
            found = self.look(container_id)
            if found is not None and found.status is Status.PAUSED:
                raise

    def remove(self, container_id: str) -> None:
        """Remove it with its nameless volumes. One that is being removed already is fine."""
        held = self._holds.gone(container_id)
        try:
            with translated(f"remove {container_id}"):
                self._connection.slow.remove_container(container_id, v=True)
        except Conflict:
            found = self.look(container_id)
            if found is not None and found.status is not Status.REMOVING:
                raise
        else:
            if held is not None:
                self._holds.bequeath(held)

    def purge(self, bot_id: str) -> None:
        """Remove a bot's state."""
        self._states.purge(bot_id)
        self._owners.forget(bot_id)

    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Measure what bots keep: on this host's disk, or by the engine's own word, which knows no files."""
        return self._volumes.kept(bot_ids)

    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove code that nobody uses."""
        return self._volumes.sweep_code(in_use)

    def disband(self) -> None:
        """Remove the networks, and the rules for them."""
        self._networks.disband()

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        """Yield the output, the last `tail` lines first."""
        with translated(f"logs of {container_id}"):
            stream = self._connection.quick.logs(container_id, stream=True, follow=follow, tail=tail)
        return _parts(stream)

    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        """Return a file of a run's result folder, read from its volume."""
        path = f"{CONTAINER.result}/{name}"
        try:
            with translated(f"read {path} of {container_id}"):
                return read_file(self._connection.slow.get_archive(container_id, path), limit)
        except Gone:
            if self.look(container_id) is None:
                raise
            return None

    def watch(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> Subscription:
        """Follow events from now on."""
        opened = followed(self._holds, partial(EventWatch, self._connection, self._installation), emit, ended)
        self._owners.doubt()
        self._states.doubt()
        return opened

    def _listed(self, *filters: str) -> tuple[tuple[Observed, str], ...]:
        """List containers, each with the label of its user."""
        with translated("list containers"):
            items = self._connection.quick.containers(all=True, filters={"label": [*filters]})
            found = [(observe.from_listing(item), labels.uid(item.get("Labels"))) for item in items]
        return tuple((one, uid) for one, uid in found if one is not None)

    def _compute_fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        try:
            return body.fingerprint(spec, self._wanted(spec, code_hash))
        except Unlaunchable:
            return NO_FINGERPRINT

    def _wanted(self, spec: LaunchSpec, code_hash: str) -> body.Body:
        return body.wanted(spec, code_hash, self._installation, self._options)


def _identify(connection: Connection) -> str:
    with translated("identify"):
        return str(connection.quick.info()["ID"])


def _parts(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the parts; a generator that is dropped closes the stream and its connection."""
    with translated("read logs"), closing(stream):  # type: ignore[type-var]
        yield from stream
