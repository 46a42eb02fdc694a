"""What must stand before the tree does: embedded servers, a Docker Engine, base images.

Each step blocks, says what it does, and is skipped when there is nothing to do. The embedded default alone installs,
starts or builds anything; with services of the user's own, what is missing is an error that says what to do.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from the0_actors.actors.domain.masking import Masker
from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.actors.ports.servers import Servers
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import engine_id
from the0_actors.adapters.docker.local_images import LocalImages
from the0_actors.adapters.docker.options import IMAGES
from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.images import IMAGES as LOCAL
from the0_actors.adapters.embedded.images import ensure_images
from the0_actors.adapters.embedded.own_engine import OwnEngine
from the0_actors.adapters.embedded.servers import EmbeddedServers, Endpoints, running_endpoints
from the0_actors.adapters.mongo.users import make_user
from the0_actors.adapters.nats.publish import ensure_stream
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.adapters.objects.s3 import S3Objects
from the0_actors.adapters.objects.settings import S3Settings
from the0_actors.supervisors.disks import Disks
from the0_actors.supervisors.settings import Mode, Part, Settings
from the0_actors.supervisors.settings_reader import secrets_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What the runtime stands on."""

    settings: Settings
    """With every address filled in."""
    servers: EmbeddedServers | None
    images: Mapping[str, str]
    """Runtime id to image."""
    engine: OwnEngine | None = None
    """The Docker Engine of our own, where it is the one that is used."""

    @property
    def kept(self) -> Mapping[str, Servers]:
        """What is started again when it ends."""
        kept = {"embedded": self.servers, "dockerd": self.engine}
        return {name: servers for name, servers in kept.items() if servers is not None}


def fill_in(settings: Settings, endpoints: Endpoints) -> Settings:
    """Return the settings with the embedded servers' addresses and keys in place of what is embedded."""
    parts = settings.embedded.parts
    if Part.MONGODB in parts:
        settings = replace(settings, mongo=replace(settings.mongo, uri=endpoints.mongo_uri))
    if Part.NATS in parts:
        settings = replace(settings, nats=replace(settings.nats, url=endpoints.nats_url))
    if Part.OBJECTS in parts:
        objects = replace(
            settings.objects,
            endpoint=endpoints.s3_endpoint,
            access_key=endpoints.s3_access_key,
            secret_key=endpoints.s3_secret_key,
            ssl=False,
        )
        settings = replace(settings, objects=objects)
    return settings


def lay(settings: Settings, say: Say, mask: Masker | None = None) -> Ground:
    """Bring up what is embedded and find the engine; return what the runtime stands on.

    What cannot be had is found out first, and what takes minutes comes last. `mask` learns the servers' passwords.
    """
    servers: EmbeddedServers | None = None
    in_docker = settings.runtime.mode is Mode.DOCKER
    if in_docker:
        settings = find_docker(settings)
    name_full_disks(settings, say)
    try:
        if settings.embedded.parts:
            say(f"starting the embedded servers, data under {settings.embedded.data_dir}")
            servers = EmbeddedServers(settings.embedded.servers_dir, make_user)
            settings = fill_in(settings, servers.start())
            if mask is not None:
                mask.learn(secrets_of(settings))
            if Part.NATS in settings.embedded.parts:
                ensure_stream(NatsSettings(settings.nats.url))
            if Part.OBJECTS in settings.embedded.parts:
                S3Objects(s3_settings(settings)).ensure_bucket()
        if in_docker:
            settings = own_docker(settings, say)
            return Ground(settings, servers, base_images(settings, say), own_engine(settings))
    except BaseException:
        if servers is not None:
            servers.stop()
        raise
    return Ground(settings, servers, IMAGES)


def disks(settings: Settings) -> Disks:
    """Return the disks that are written to."""
    engine = client_settings(settings) if settings.runtime.mode is Mode.DOCKER else None
    return Disks(settings.embedded.data_dir, engine)


def name_full_disks(settings: Settings, say: Say) -> None:
    """Say which disks have too little room. Raises `Refused` where servers would have to write to a full one."""
    for space in disks(settings).spaces():
        if space.full and settings.embedded.parts:
            raise Refused(f"{space}; make room before servers write to it, or give --data-dir elsewhere")
        if space.low:
            say(f"warning: {space}")


def s3_settings(settings: Settings) -> S3Settings:
    """Return how to reach the code bucket."""
    objects = settings.objects
    return S3Settings(
        endpoint=objects.endpoint,
        access_key=objects.access_key,
        secret_key=objects.secret_key,
        bucket=objects.code_bucket,
        secure=objects.ssl,
        ca=objects.ca_file,
    )


def live(settings: Settings) -> Settings:
    """Return the settings with the addresses of embedded servers that run already. Raises `Unavailable`."""
    if settings.embedded.parts:
        settings = fill_in(settings, running_endpoints(settings.embedded.servers_dir))
    if settings.runtime.mode is Mode.DOCKER and not settings.docker.host:
        found = docker_engine.find_engine(os.environ, settings.embedded.engine_dir)
        if isinstance(found, docker_engine.DockerHost):
            settings = with_host(settings, found.url)
    return settings


def with_host(settings: Settings, host: str) -> Settings:
    """Return the settings with a Docker Engine's address."""
    return replace(settings, docker=replace(settings.docker, host=host))


def client_settings(settings: Settings) -> ClientSettings:
    """Return how to reach the Docker Engine."""
    environment = dict(os.environ)
    if settings.docker.host:
        environment["DOCKER_HOST"] = settings.docker.host
    return ClientSettings.from_environment(environment)


def find_docker(settings: Settings) -> Settings:
    """Find the Docker Engine; without one the address stays empty. With an embedded part, one is to be had for sure.

    Raises `Unavailable` where there is none and none of our own can be made.
    """
    environment = dict(os.environ)
    if settings.docker.host:
        environment["DOCKER_HOST"] = settings.docker.host
    found = docker_engine.find_engine(environment, settings.embedded.engine_dir)
    if isinstance(found, docker_engine.DockerHost):
        return with_host(settings, found.url)
    if not settings.embedded.parts:
        return settings  # it may come later: its actors wait for it and say so
    if environment.get("DOCKER_HOST"):
        raise Unavailable("docker", f"{found}; start it, or use --mode process for a first look")
    if (hindrance := docker_engine.can_install()) is not None:
        advice = "install one (`apt-get install docker.io`), or use --mode process for a first look"
        raise Unavailable("docker", f"{found}, and {hindrance}; {advice}")
    return settings


def foreseen_docker(settings: Settings) -> str:
    """Say what Docker Engine `lay` would use: one that answers, else one that it would bring. Raises `Unavailable`."""
    settings = find_docker(settings)
    if settings.docker.host or not settings.embedded.parts:
        return f"engine {engine_id(client_settings(settings))}"
    return f"none answers; `run` starts one of its own under {settings.embedded.engine_dir}"


def own_docker(settings: Settings, say: Say) -> Settings:
    """Install and start an engine of our own where an embedded runtime has found none."""
    folder = settings.embedded.engine_dir
    if settings.docker.host or not settings.embedded.parts:
        return settings
    say(f"no Docker Engine here; installing and starting one under {folder} (`the0-actors down --purge` removes it)")
    docker_engine.install(say)
    found = docker_engine.find_engine(os.environ, folder)
    if not isinstance(found, docker_engine.DockerHost):
        found = docker_engine.start(folder)
    say(f"Docker Engine at {found.url}")
    return with_host(settings, found.url)


def own_engine(settings: Settings) -> OwnEngine | None:
    """Return the engine of our own, if it is the one that is used, whoever named it and whoever started it."""
    folder = settings.embedded.engine_dir
    return OwnEngine(folder) if settings.docker.host == docker_engine.address(folder) else None


def present_images(settings: Settings) -> Mapping[str, str]:
    """Return the image of each runtime as a start would choose it from what is there. Raises `Unavailable`."""
    if not settings.embedded.parts:
        return IMAGES
    local = LocalImages(client_settings(settings))
    try:
        return {runtime: _chosen(local, runtime) or official for runtime, official in IMAGES.items()}
    finally:
        local.close()


def _chosen(local: LocalImages, runtime: str) -> str | None:
    """Return the image that is there: the official one, else ours; None when neither is."""
    names = [IMAGES[runtime], *([LOCAL[runtime].name] if runtime in LOCAL else [])]
    return next((name for name in names if local.has(name)), None)


def base_images(settings: Settings, say: Say) -> Mapping[str, str]:
    """Return the image of each runtime; with an embedded part, local ones are built where no registry answers."""
    if not settings.embedded.parts:
        return IMAGES
    local = LocalImages(client_settings(settings))
    try:
        chosen = {runtime: image for runtime in IMAGES if (image := _chosen(local, runtime)) is not None}
        for runtime in IMAGES.keys() - chosen.keys():
            say(f"pulling {IMAGES[runtime]}")
            if local.pull(IMAGES[runtime]):
                chosen[runtime] = IMAGES[runtime]
        unmet = [runtime for runtime in IMAGES if runtime not in chosen]
        if unmet:
            say(f"no registry answers; building images for {', '.join(unmet)} from Debian packages (minutes, once)")
            cache = settings.embedded.data_dir / "images"
            chosen |= ensure_images(unmet, cache, local.has, local.import_tar, say)
        return chosen
    finally:
        local.close()
