"""The settings of the runtime: one typed, documented model for the command line, embedders and the documentation.

Each field's annotation says where it comes from and what it accepts; the docstring under it is its help text and
its row in `docs/settings.md`. Values are read by `supervisors/settings_reader.py`; nothing here reads anything.
Units: durations are seconds, sizes are bytes unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from the0_actors.actors.domain.limits import LEAST_MEMORY
from the0_actors.actors.identity import Word
from the0_actors.supervisors.network_options import HostNames, Networks
from the0_actors.supervisors.options import (
    Address,
    Choice,
    Count,
    Cpus,
    Duration,
    File,
    HostPort,
    Option,
    Pattern,
    Size,
    Switch,
    Text,
    Uids,
    Url,
    YesNo,
)

_HOUR = 3600.0
_LOOPBACK = Address("127.0.0.1", 8080)


class Mode(StrEnum):
    """Which engine runs the bots."""

    DOCKER = "docker"
    PROCESS = "process"


class OnExit(StrEnum):
    """What becomes of the bots when the runtime ends."""

    KEEP = "keep"
    STOP = "stop"


class TakeOver(StrEnum):
    """What to do with a container that the Go runtime left running."""

    REPLACE = "replace"
    WAIT = "wait"


class LogLevel(StrEnum):
    """The least level that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks."""

    AUTO = "auto"
    PRETTY = "pretty"
    JSON = "json"


class Egress(StrEnum):
    """What bots may reach."""

    GUARDED = "guarded"
    OPEN = "open"


class Only(StrEnum):
    """Which kinds of bots are run."""

    BOTH = "both"
    REALTIME = "realtime"
    SCHEDULED = "scheduled"


class Part(StrEnum):
    """A server that the runtime can bring along."""

    MONGODB = "mongodb"
    NATS = "nats"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Mongo:
    """The database with the desired state."""

    uri: Annotated[str, Option(Url(("mongodb", "mongodb+srv")), "--mongo-uri", ("MONGO_URI",))] = field(
        default="", repr=False
    )
    """URI of MongoDB, with user, password and TLS options as its drivers take them
    (`mongodb://user:password@host/?tls=true&tlsCAFile=/path/ca.pem`). Every write waits for the journals of a
    majority of the servers, unless `w` and `journal` in the URI say otherwise. Without a URI, `run` brings along a
    database of its own and `bot-runner` uses `mongodb://localhost:27017`, as upstream does."""


@dataclass(frozen=True, slots=True)
class Nats:
    """The platform's events."""

    url: Annotated[
        str,
        Option(Url(("nats", "tls", "ws", "wss"), many=True, bare=True), "--nats-url", ("NATS_URL",), optional=True),
    ] = field(default="", repr=False)
    """URL of NATS, or a comma list of one cluster; user and password, or a token, may stand before the `@`.
    Without it, changes are seen at the next poll of the database only. `tls://` asks for TLS."""
    ca_file: Annotated[Path | None, Option(File(), "--nats-ca", ("NATS_CA",), optional=True)] = None
    """CA certificates (PEM) that the NATS server's certificate must chain to; the system's when absent."""
    cert_file: Annotated[Path | None, Option(File(), "--nats-cert", ("NATS_CERT",), optional=True)] = None
    """Client certificate (PEM), where the NATS server asks for one; goes with the key."""
    key_file: Annotated[Path | None, Option(File(), "--nats-key", ("NATS_KEY",), optional=True)] = None
    """Key (PEM) of the client certificate for NATS."""


@dataclass(frozen=True, slots=True)
class Objects:
    """The S3 store with the bots' code."""

    endpoint: Annotated[str, Option(HostPort(), "--minio-endpoint", ("MINIO_ENDPOINT",))] = ""
    """Address of the S3 store, `host:port` without a scheme. Required, with both keys, unless it is embedded."""
    access_key: Annotated[str, Option(Text("an access key", secret=True), env=("MINIO_ACCESS_KEY",))] = field(
        default="", repr=False
    )
    """Access key of the S3 store. Environment only, so that no process list shows it."""
    secret_key: Annotated[str, Option(Text("a secret key", secret=True), env=("MINIO_SECRET_KEY",))] = field(
        default="", repr=False
    )
    """Secret key of the S3 store. Environment only, so that no process list shows it."""
    ssl: Annotated[bool, Option(YesNo(), "--minio-ssl", ("MINIO_USE_SSL", "MINIO_SSL"))] = False
    """Speak TLS to the S3 store. Upstream's services read one or the other of the two variables; both work here."""
    ca_file: Annotated[Path | None, Option(File(), "--minio-ca", ("MINIO_CA",), optional=True)] = None
    """CA certificates (PEM) that the S3 store's certificate must chain to; the system's when absent."""
    code_bucket: Annotated[
        str,
        Option(
            Pattern("a bucket name: 3 to 63 of a-z, 0-9, - and .", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            "--minio-code-bucket",
            ("MINIO_CODE_BUCKET",),
        ),
    ] = "custom-bots"
    """Bucket with the code archives: where the platform's API uploads them."""


@dataclass(frozen=True, slots=True)
class Docker:
    """The Docker Engine and what a bot's container gets."""

    host: Annotated[
        str,
        Option(
            Url(("unix", "tcp", "http", "https", "ssh")),
            "--docker-host",
            ("DOCKER_HOST",),
            optional=True,
        ),
    ] = ""
    """Address of the Docker Engine; Docker's own default socket when absent. `DOCKER_TLS_VERIFY` and
    `DOCKER_CERT_PATH` are read by the Docker client, as everywhere."""
    network: Annotated[
        str,
        Option(
            Pattern("a network's name: letters, digits, _ . and -", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"),
            "--docker-network",
            ("DOCKER_NETWORK",),
            optional=True,
        ),
    ] = ""
    """Existing Docker network for all bots. When absent, the installation makes one of its own, on which bots do
    not reach each other."""
    egress: Annotated[Egress, Option(Choice(Egress), "--bot-egress", ("BOT_EGRESS",))] = Egress.GUARDED
    """`guarded`: bots reach neither the host's own addresses nor link-local ones, where clouds hand out credentials;
    the internet stays open, and DNS. `open`: all of it. Rules of the host's firewall do it, so it takes root, an engine
    on this host, and a network of the installation's own; where they cannot be set, the start says so."""
    memory_mb: Annotated[int, Option(Count(6, 4_194_304, "MiB"), "--bot-memory-mb", ("BOT_MEMORY_LIMIT_MB",))] = 512
    """Memory limit of a bot, MiB, where its own `memory_limit` says nothing. 6 is the least that Docker takes.
    Text that is no number is an error here; upstream silently uses 512."""
    cpu_shares: Annotated[int, Option(Count(2, 262_144, "shares"), "--bot-cpu-shares", ("BOT_CPU_SHARES",))] = 512
    """Relative CPU weight of a bot (Docker's usual weight is 1024): it matters only while CPUs are short.
    Text that is no number is an error here; upstream silently uses 512."""
    pids: Annotated[int, Option(Count(8, 4_194_304, "processes and threads"), "--bot-pids", ("BOT_PIDS_LIMIT",))] = 512
    """Processes and threads of a bot, where its own `pids_limit` says nothing."""
    state_limit: Annotated[int, Option(Size(1 << 20), "--bot-state", ("BOT_STATE_LIMIT",))] = 1 << 30
    """How much a bot may keep in `/state`, where its own `state_limit` says nothing, and one file for each 8 KiB of it.
    It is measured once a minute: over it is an alarm, over twice as much the bot is stopped and parked."""
    uids: Annotated[range, Option(Uids(), "--bot-uids", ("BOT_UIDS",))] = range(1_879_048_192, 2_147_352_576)
    """Users that bots run as, one each, so that none uses up what the kernel counts per user. `shared`: all run as
    user 1000, as they do where the engine maps users itself. Takes effect at a bot's next replacement."""
    stop_grace: Annotated[float, Option(Duration(0, _HOUR), "--bot-stop-grace", ("BOT_STOP_GRACE",))] = 30.0
    """Time between TERM and KILL when a bot is stopped, where its own `stop_grace` says nothing: long enough to
    cancel orders."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that a bot's `config` may ask for. A bot that asks for more is parked with the reason."""

    memory: Annotated[int | None, Option(Size(LEAST_MEMORY), "--max-memory", ("BOT_MAX_MEMORY",), optional=True)] = None
    """Most memory that a bot's `memory_limit` may ask for; without it, what the engine's host has."""
    cpus: Annotated[int | None, Option(Cpus(), "--max-cpus", ("BOT_MAX_CPUS",), optional=True)] = None
    """Most CPUs that a bot's `cpu_limit` may ask for; without it, what the engine's host has."""
    pids: Annotated[int, Option(Count(1, 4_194_304, "processes and threads"), "--max-pids", ("BOT_MAX_PIDS",))] = 4096
    """Most processes and threads that a bot's `pids_limit` may ask for."""
    state: Annotated[int, Option(Size(1 << 20), "--max-state", ("BOT_MAX_STATE",))] = 16 << 30
    """Most that a bot's `state_limit` may ask for."""
    stop_grace: Annotated[float, Option(Duration(0, _HOUR), "--max-stop-grace", ("BOT_MAX_STOP_GRACE",))] = _HOUR
    """Longest grace that a bot's `stop_grace` may ask for: a stop of everything may last as long."""
    timeout: Annotated[float, Option(Duration(1, 30 * 24 * _HOUR), "--max-timeout", ("BOT_MAX_TIMEOUT",))] = (
        30 * 24 * _HOUR
    )
    """Longest time that a scheduled bot's `timeout` may ask for one run."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How the runtime itself behaves."""

    mode: Annotated[Mode, Option(Choice(Mode), "--mode", ("THE0_MODE",))] = Mode.DOCKER
    """`docker` runs each bot in a container; `process` runs plain child processes without any isolation, for a
    first look and for development only."""
    only: Annotated[Only, Option(Choice(Only), "--only", ("THE0_ONLY",))] = Only.BOTH
    """Which kinds of bots to run. The other kind, and its containers, are left alone: to upstream's service, or to
    another runtime on the same database. `bot-runner` runs `realtime`, `bot-scheduler` runs `scheduled`."""
    reconcile_interval: Annotated[
        float, Option(Duration(0.1, 24 * _HOUR), "--reconcile-interval", ("THE0_RECONCILE_INTERVAL",))
    ] = 30.0
    """Time between two complete reads of the desired state. Events and change streams act at once; this is the
    safety net under them. Zero and less, which upstream takes for the default, are an error."""
    on_exit: Annotated[OnExit, Option(Choice(OnExit), "--on-exit", ("THE0_ON_EXIT",))] = OnExit.KEEP
    """What becomes of the bots at a regular end: `keep` leaves them running and the next start adopts them, so an
    upgrade of the runtime stops nobody; `stop` stops them. With the embedded database the default is `stop`."""
    take_over: Annotated[TakeOver, Option(Choice(TakeOver), "--take-over", ("THE0_TAKE_OVER",))] = TakeOver.REPLACE
    """Containers of the Go runtime that ran here before: `replace` stops them and starts the bots anew, `wait`
    leaves them until they end. Never are both run."""
    keep_state: Annotated[float, Option(Duration(0, 60 * 24 * _HOUR), "--keep-state", ("THE0_KEEP_STATE",))] = (
        7 * 24 * _HOUR
    )
    """How long the state of a bot is kept after its deletion. A bot that is disabled, or whose document vanished
    without an event, keeps it for good."""
    mass_stop_after: Annotated[
        float, Option(Duration(0, 7 * 24 * _HOUR), "--mass-stop-after", ("THE0_MASS_STOP_AFTER",))
    ] = 600.0
    """How long a fleet of two or more bots, or more than a fifth of one of five or more, runs on when all at once the
    documents are gone or switched off in the database, and no event of the platform said so. An alarm in `status`
    tells of it, and `the0-actors confirm-stops` ends the wait. What the platform's events delete or disable stops at
    once, and so does a single bot."""
    concurrent_starts: Annotated[
        int, Option(Count(1, 256, "starts at once"), "--concurrent-starts", ("THE0_CONCURRENT_STARTS",))
    ] = 8
    """How many bots may be starting at one time. An engine gains nothing from more, and a mass start would drown it."""
    drain_timeout: Annotated[float, Option(Duration(1, 24 * _HOUR), "--drain-timeout", ("THE0_DRAIN_TIMEOUT",))] = 120.0
    """Upper bound of a regular end; where a bot's own grace is longer than the usual one, the end may take that much
    longer. What has not stopped by then is named and left."""


@dataclass(frozen=True, slots=True)
class Schedules:
    """How scheduled bots are run."""

    check_interval: Annotated[
        float, Option(Duration(0.1, 24 * _HOUR), "--check-interval", ("THE0_CHECK_INTERVAL",))
    ] = 10.0
    """Time between two complete reads of the schedules. Events and change streams act at once, and due times are kept
    to the second; this is the safety net under them."""
    late_window: Annotated[float, Option(Duration(0, 7 * 24 * _HOUR), "--late-window", ("THE0_LATE_WINDOW",))] = _HOUR
    """A run that was missed, because nothing ran here when it was due, starts late if it was due within this time.
    Of several, the last one does; the others are recorded as missed."""
    bucket: Annotated[
        str,
        Option(
            Pattern("a bucket name: 3 to 63 of a-z, 0-9, - and .", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            "--minio-results-bucket",
            ("MINIO_BACKTESTS_BUCKET",),
        ),
    ] = "backtests"
    """Bucket that takes the results of runs, one `<bot>/analysis.json` each; made when absent."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an operator says when it is not clear whose containers there are. Said once, and left out afterwards."""

    adopt: Annotated[
        str,
        Option(
            Pattern("an installation's id: 12 of 0-9 and a-f", r"[0-9a-f]{12}"),
            "--adopt-installation",
            ("THE0_ADOPT_INSTALLATION",),
        ),
    ] = ""
    """Go on with this installation: its containers are ours again. For a database that was emptied or restored without
    its marker, or in which a new installation was made beside the containers of an old one."""
    anew: Annotated[bool, Option(Switch(), "--new-installation", ("THE0_NEW_INSTALLATION",))] = False
    """The containers of other installations on this engine are somebody else's: make a new installation beside them.
    They are left alone, and named in `status`."""

    @property
    def word(self) -> Word:
        """Return both as one."""
        return Word(self.adopt, self.anew)


@dataclass(frozen=True, slots=True)
class Listen:
    """The health, status and control server."""

    address: Annotated[Address, Option(HostPort(listen=True), "--listen", ("THE0_LISTEN",))] = _LOOPBACK
    """Where `/healthz`, `/readyz` and `/status` answer. Loopback for `run`; all interfaces for `bot-runner`, whose
    health checks come from outside. Commands and bot logs are answered to loopback alone, wherever it listens."""
    status_from: Annotated[
        tuple[str, ...], Option(Networks(), "--status-from", ("THE0_STATUS_FROM",), optional=True)
    ] = ()
    """Networks beside this host whose peers see `/status`, without what bots printed. A bot in a container is such a
    peer, so leave out the networks of bots. The probes answer to everyone in any case."""
    status_hosts: Annotated[
        tuple[str, ...], Option(HostNames(), "--status-host", ("THE0_STATUS_HOST",), optional=True)
    ] = ()
    """Names by which this host may be asked for more than a probe, beside `localhost` and its addresses: another name
    in a request's `Host` is refused, since a web page may have its own name lead here."""


@dataclass(frozen=True, slots=True)
class Logging:
    """The runtime's own log, on standard output."""

    level: Annotated[LogLevel, Option(Choice(LogLevel, (("warning", "warn"),)), "--log-level", ("LOG_LEVEL",))] = (
        LogLevel.INFO
    )
    """The least level that is written, in any case."""
    format: Annotated[LogFormat, Option(Choice(LogFormat), "--log-format", ("THE0_LOG_FORMAT",))] = LogFormat.AUTO
    """`pretty` for people, `json` (one object a line: `time`, `level`, `msg`, fields) for machines; `auto` is
    pretty on a terminal and JSON otherwise."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Servers that the runtime brings along when it is given none."""

    data_dir: Annotated[Path, Option(File(folder=True), "--data-dir", ("THE0_DATA_DIR",))] = Path(
        "/var/lib/the0-actors"
    )
    """Folder for the data of the embedded servers, and for what is remembered of the installations that ran from it. By
    default
    `$XDG_DATA_HOME/the0-actors`, or `~/.local/share/the0-actors`."""
    parts: frozenset[Part] = frozenset()
    """Derived: the servers to bring along."""

    @property
    def servers_dir(self) -> Path:
        """Where the embedded servers keep their data."""
        return self.data_dir / "servers"

    @property
    def engine_dir(self) -> Path:
        """Where a Docker Engine of our own lives."""
        return self.data_dir / "docker"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything, checked."""

    mongo: Mongo = Mongo()
    nats: Nats = Nats()
    objects: Objects = Objects()
    docker: Docker = Docker()
    ceilings: Ceilings = Ceilings()
    runtime: Runtime = Runtime()
    identity: Identity = Identity()
    schedules: Schedules = Schedules()
    listen: Listen = Listen()
    logging: Logging = Logging()
    embedded: Embedded = Embedded()
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """`group.field` to the flag or variable that gave it; defaults are left out."""
    ignored: tuple[str, ...] = ()
    """Variables of upstream that are set and have no meaning here."""
