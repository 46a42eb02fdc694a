"""Adapters for settings: each port of the tree, filled with the adapter that the settings name."""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import structlog

from the0_actors.actors.bot.rules import TakeOver
from the0_actors.actors.code.preparation import Preparation
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.domain.wire import BOTS, SCHEDULES, Family
from the0_actors.actors.mass_stop import MassStopRules
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.feed import EventFeed
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.store import NOBODY, BotStore, DesiredState, Installation
from the0_actors.actors.probe import Probing
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.actors.throttle import Bounds
from the0_actors.adapters.docker.engine import DockerEngine, engine_id
from the0_actors.adapters.docker.lock import ContainerLock
from the0_actors.adapters.docker.options import MIB, DockerOptions
from the0_actors.adapters.embedded.images import NODE_OPTIONS, node_binary
from the0_actors.adapters.embedded.trouble import CannotEmbed
from the0_actors.adapters.host import HostLock
from the0_actors.adapters.memory import FolderMemory
from the0_actors.adapters.mongo.schedules import MongoScheduleStore, schedule_settings
from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.store import MongoBotStore
from the0_actors.adapters.nats.feed import NatsFeed
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.adapters.objects.results import S3Results
from the0_actors.adapters.objects.s3 import S3Objects
from the0_actors.adapters.process.engine import ProcessEngine
from the0_actors.adapters.yara.scanner import yara_scanner
from the0_actors.supervisors import settings as chosen
from the0_actors.supervisors.ceilings import ceilings_of
from the0_actors.supervisors.egress import hindrance_to_guard
from the0_actors.supervisors.groundwork import Ground, client_settings, disks, s3_settings
from the0_actors.supervisors.schedules import SchedulePorts, ScheduleSettings
from the0_actors.supervisors.settings import Egress, Mode, Only, Settings
from the0_actors.supervisors.tree import Ports, TreeSettings, holder_name

log = structlog.get_logger(__name__)

OF_SCHEDULES = "-schedules"
"""Sets the memory of the schedules' side apart."""
DRAIN_MARGIN = 10.0
"""Seconds of the drain for what comes after the stop of a run: reading what it left, its record, its removal."""


def build_ports(ground: Ground, store: BotStore | None = None) -> Ports:
    """Return the ports of a runtime on this ground, with another store than its own if one is given.

    Nothing is contacted.
    """
    settings = ground.settings
    if reason := hindrance_to_guard(settings):
        log.warning("egress_not_guarded", reason=reason)
    store = store or open_store(settings)
    return Ports(
        store=store,
        identify=partial(identify, settings),
        engine=lambda installation: open_engine(settings, installation.id, ground.images),
        prepare=partial(_preparation, settings),
        lock=lambda installation: open_lock(settings, installation.id, Kind.REALTIME),
        memory=open_memory(settings, Kind.REALTIME),
        word=settings.identity.word,
        feed=partial(_feed, settings, store) if settings.nats.url else None,
        schedules=None if settings.runtime.only is Only.REALTIME else _schedule_ports(ground),
        realtime=settings.runtime.only is not Only.SCHEDULED,
        probes=_probes(settings),
    )


def _schedule_ports(ground: Ground) -> SchedulePorts:
    settings = ground.settings
    store = open_schedules(settings)
    return SchedulePorts(
        store=store,
        identify=partial(identify, settings),
        engine=lambda installation: open_engine(settings, installation.id, ground.images),
        prepare=partial(_preparation, settings),
        keep=S3Results(replace(s3_settings(settings), bucket=settings.schedules.bucket)).keep,
        lock=lambda installation: open_lock(settings, installation.id, Kind.SCHEDULED),
        memory=open_memory(settings, Kind.SCHEDULED),
        word=settings.identity.word,
        feed=partial(_feed, settings, store, family=SCHEDULES) if settings.nats.url else None,
    )


def tree_settings(settings: Settings) -> TreeSettings:
    """Return the numbers of the tree."""
    runtime, holder = settings.runtime, holder_name()
    mass_stops = MassStopRules(after=runtime.mass_stop_after)
    bounds = Bounds.of(runtime.concurrent_starts)
    rules = ScheduleRules(holder, late_window=settings.schedules.late_window, stop_grace=settings.docker.stop_grace)
    schedules = ScheduleSettings(
        rules=rules,
        check_interval=settings.schedules.check_interval,
        # More would be claimed and then wait for their container: a crash meanwhile loses what is claimed.
        start_budget=runtime.concurrent_starts,
        relist_interval=max(runtime.reconcile_interval, 1.0),
        keep_state=runtime.keep_state,
        mass_stops=mass_stops,
        on_the_way=bounds,
        state_bound=settings.docker.state_limit,
        drain_budget=_drain_budget(settings),
    )
    return TreeSettings(
        holder=holder,
        schedules=schedules,
        reconcile_interval=runtime.reconcile_interval,
        relist_interval=max(runtime.reconcile_interval, 1.0),
        keep_state=runtime.keep_state,
        mass_stops=mass_stops,
        on_the_way=bounds,
        state_bound=settings.docker.state_limit,
        stop_grace=settings.docker.stop_grace,
        take_over=TakeOver.WAIT if runtime.take_over is chosen.TakeOver.WAIT else TakeOver.STOP,
    )


def _drain_budget(settings: Settings) -> float:
    """Return the seconds of a drain for which runs may go on, before they are stopped."""
    return max(settings.runtime.drain_timeout - settings.docker.stop_grace - DRAIN_MARGIN, 0.0)


def drain_bound(settings: Settings, longest: float | None) -> float:
    """Return the upper bound of a drain, in seconds; `longest`: the longest grace that a bot has of its own."""
    needed = 0.0 if longest is None else _drain_budget(settings) + longest + DRAIN_MARGIN
    return max(settings.runtime.drain_timeout, needed)


def identify(settings: Settings) -> str:
    """Ask the engine who it is. Blocks; raises `Unavailable`."""
    if settings.runtime.mode is Mode.PROCESS:
        return open_engine(settings, "", {}).identify()
    return engine_id(client_settings(settings))


def open_store(settings: Settings) -> MongoBotStore:
    """Return the desired state."""
    return MongoBotStore(MongoSettings(settings.mongo.uri))


def open_schedules(settings: Settings) -> MongoScheduleStore:
    """Return schedules and the record of their runs. Containers belong to the installation of the bots' database."""
    bots = MongoSettings(settings.mongo.uri)
    return MongoScheduleStore(schedule_settings(bots), owner=bots)


def open_memory(settings: Settings, kind: Kind) -> FolderMemory:
    """Return what the data folder remembers of one kind of bots."""
    return FolderMemory(settings.embedded.data_dir, OF_SCHEDULES if kind is Kind.SCHEDULED else "")


def open_objects(settings: Settings) -> S3Objects:
    """Return the code bucket."""
    return S3Objects(s3_settings(settings))


def _probes(settings: Settings) -> dict[str, Probing]:
    """Return what nobody else looks at all the time: the object store, which readiness follows, and the disks."""
    impatient = replace(s3_settings(settings), connect_timeout=2.0, read_timeout=4.0)
    return {
        "objects": Probing(S3Objects(impatient).ping, required=True),
        "disk": Probing(disks(settings).check, alarm=True, every=30.0),
    }


def open_engine(settings: Settings, installation: str, images: Mapping[str, str]) -> Engine:
    """Return the engine of an installation; an empty one owns nothing. `images` are by runtime id."""
    owner = installation or NOBODY
    if settings.runtime.mode is Mode.PROCESS:
        path, variables = where_programs_are()
        return ProcessEngine(settings.embedded.data_dir / "process", owner, search_path=path, variables=variables)
    docker = settings.docker
    options = DockerOptions(
        memory=docker.memory_mb * MIB,
        cpu_shares=docker.cpu_shares,
        pids=docker.pids,
        uids=docker.uids,
        guarded=docker.egress is Egress.GUARDED,
        network=docker.network,
        images=images,
    )
    return DockerEngine(client_settings(settings), owner, options)


def open_lock(settings: Settings, installation: str, kind: Kind) -> EngineLock:
    """Return the lock on one kind of bots, where all who can reach the engine see it."""
    if settings.runtime.mode is Mode.PROCESS:
        return HostLock(f"{installation}-{kind}")
    return ContainerLock(client_settings(settings), installation, kind)


def where_programs_are() -> tuple[str, Mapping[str, str]]:
    """Return the PATH of bots without containers, and what else they are told.

    The PATH is ours, after the node of the extra where that is installed.
    """
    ours = os.environ.get("PATH", os.defpath)
    try:
        return os.pathsep.join((str(node_binary().parent), ours)), {"NODE_OPTIONS": NODE_OPTIONS}
    except CannotEmbed:
        return ours, {}


def nats_settings(settings: Settings, installation: str = "", family: Family = BOTS) -> NatsSettings:
    """Return how to reach NATS."""
    nats = settings.nats
    return NatsSettings(
        nats.url,
        installation=installation,
        family=family,
        tls_ca=nats.ca_file,
        tls_cert=nats.cert_file,
        tls_key=nats.key_file,
    )


def _feed(settings: Settings, store: DesiredState, installation: Installation, family: Family = BOTS) -> EventFeed:
    reach = replace(nats_settings(settings, installation.id, family), given_up=installation.given_up)
    return NatsFeed(reach, random.SystemRandom(), store.streams)


def _preparation(settings: Settings, engine: Engine) -> Callable[[LaunchSpec], str]:
    ceilings = ceilings_of(settings)
    return Preparation(engine, open_objects(settings), scanner=yara_scanner(), ceilings=ceilings).prepare
