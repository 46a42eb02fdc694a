"""The real parts behind the command line: an implementation of `supervisors.service.Wiring`, as a module."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.masking import Masker
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.memory import Memory
from the0_actors.actors.ports.objects import CodeObjects
from the0_actors.actors.ports.publisher import EventPublisher
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.store import BotStore
from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.servers import EmbeddedServers, check_installed, remove_data
from the0_actors.adapters.memory import forget
from the0_actors.adapters.mongo.users import make_user
from the0_actors.adapters.nats.publish import ping, publish
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.supervisors import ports
from the0_actors.supervisors.egress import hindrance_to_guard
from the0_actors.supervisors.groundwork import fill_in, foreseen_docker, live, present_images
from the0_actors.supervisors.live import LiveService
from the0_actors.supervisors.service import Service
from the0_actors.supervisors.settings import Mode, Part, Settings


def serve(settings: Settings, mask: Masker) -> Service:
    """Return a runtime, not started."""
    return LiveService(settings, mask)


@contextmanager
def connected(settings: Settings, *, start: bool) -> Generator[Settings, None, None]:
    """Give settings with every address filled in, for the time of the context."""
    if not (start and settings.embedded.parts):
        yield live(settings)
        return
    servers = EmbeddedServers(settings.embedded.servers_dir, make_user)
    try:
        fill_in(settings, servers.start())
        yield live(settings)
    finally:
        servers.stop()


def remove_embedded(settings: Settings) -> None:
    """Remove the data of the embedded servers, and the Docker Engine of our own with all it holds."""
    remove_data(settings.embedded.servers_dir)
    docker_engine.remove(settings.embedded.engine_dir)
    if Part.MONGODB in settings.embedded.parts:
        forget(settings.embedded.data_dir)


def foreseen_servers(settings: Settings) -> str:
    """Say where the embedded servers will keep their data. Raises `CannotEmbed` when one is not installed."""
    check_installed()
    return f"installed; `run` starts them, data under {settings.embedded.data_dir}"


def foreseen_engine(settings: Settings) -> str:
    """Say what engine a runtime would use. Raises `Unavailable` when there is none."""
    if settings.runtime.mode is Mode.DOCKER:
        found, reason = foreseen_docker(settings), hindrance_to_guard(settings)
        return f"{found}; bots reach the host and link-local addresses: {reason}" if reason else found
    return f"engine {open_engine(settings, '').identify()}"


def open_store(settings: Settings) -> BotStore:
    """Return the desired state."""
    return ports.open_store(settings)


def open_schedules(settings: Settings) -> ScheduleStore:
    """Return schedules and the record of their runs."""
    return ports.open_schedules(settings)


def open_memory(settings: Settings, kind: Kind) -> Memory:
    """Return what the data folder remembers of one kind of bots."""
    return ports.open_memory(settings, kind)


def open_objects(settings: Settings) -> CodeObjects:
    """Return the code bucket."""
    return ports.open_objects(settings)


def open_engine(settings: Settings, installation: str) -> Engine:
    """Return the engine of an installation."""
    images = present_images(settings) if settings.runtime.mode is Mode.DOCKER else {}
    return ports.open_engine(settings, installation, images)


def open_lock(settings: Settings, installation: str, kind: Kind) -> EngineLock:
    """Return the engine's lock on one kind of bots, not taken."""
    return ports.open_lock(settings, installation, kind)


def open_publisher(settings: Settings) -> EventPublisher:
    """Return a connection to publish with."""
    return _Publisher(ports.nats_settings(settings))


@dataclass(frozen=True, slots=True)
class _Publisher:
    settings: NatsSettings

    def publish(self, subject: str, payload: bytes) -> bool:
        return publish(self.settings, subject, payload)

    def ping(self) -> None:
        ping(self.settings)
