"""The engine without containers: bots are plain processes of this user. For a first look and for development.

It keeps the whole port, except isolation: a bot can read and write whatever this user can, has no limits on
memory, CPU or disk, and its log grows without end. Bots outlive the runtime that started them, and the next one
finds them. Layout of the root folder:

    engine-id                     this engine's identity
    containers/<name>/            one box per bot; the name is taken while the folder is there
    code/<installation>/<hash>/   code, whole as soon as it has that name
    state/<installation>/<bot>/   what a bot keeps
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event
from types import MappingProxyType

import structlog

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import CodeMissing, Gone, NameTaken, Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.engine import NO_FINGERPRINT, Again, Blueprint, EngineEvent, Signal
from the0_actors.adapters.disk_usage import measure
from the0_actors.adapters.launch.plan import RUNTIMES, Folders, check_launch, launch_plan
from the0_actors.adapters.process.box import Box, Record
from the0_actors.adapters.process.code import CodeFolder
from the0_actors.adapters.process.watcher import Sight, Watcher

CHUNK = 64 * 1024
STALE = 3600.0
"""Seconds after which a half-filled code folder is litter."""

Seen = tuple[Box, Record, Status]

log = structlog.get_logger(__name__)


@contextmanager
def _answering() -> Generator[None]:
    """Translate what the operating system says."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise Unavailable("engine", f"{type(error).__name__}: {error}") from error


class ProcessEngine:
    """Runs the bots of one installation as processes (port `Engine`). Thread-safe."""

    def __init__(
        self,
        root: Path,
        installation: str,
        *,
        search_path: str = os.defpath,
        variables: Mapping[str, str] = MappingProxyType({}),
        wall: Callable[[], float] = time.time,
        interval: float = 0.05,
    ) -> None:
        """Make the root folder if need be.

        `search_path` is the bots' PATH, where `python3` and `node` are looked for, and `variables` are set beside it;
        `interval` is how many seconds pass between two looks of `watch` and of following logs.
        """
        if not re.fullmatch("[a-z0-9]{1,24}", installation):
            raise ValueError(f"installation {installation!r}: expected up to 24 lower-case letters and digits")
        root = root.absolute()
        self._root = root
        self._installation = installation
        self._search_path = search_path
        self._variables = variables
        self._wall = wall
        self._interval = interval
        self._containers = root / "containers"
        self._code = CodeFolder(root / "code" / installation)
        self._state = root / "state" / installation
        for folder in (root, self._containers, self._code.path, self._state):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.warning("bots_run_without_isolation", root=str(root), advice="use the Docker engine for what is real")

    @_answering()
    def identify(self) -> str:
        """Return the id kept in the root folder, making it when there is none."""
        path = self._root / "engine-id"
        if not path.exists():
            fresh = self._root / f".{secrets.token_hex(8)}"
            fresh.write_text(secrets.token_hex(16), "utf-8")
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text("utf-8")

    def ping(self) -> None:
        """Do nothing: it is in this process."""

    def name_of(self, bot_id: str, kind: Kind) -> str:  # noqa: ARG002 - one name, whatever kind of life
        """Return `the0-<installation>-<id>`; ids that make no tame file name are hashed."""
        return f"the0-{self._installation}-{_tame(bot_id)}"

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        """Return the hash of all that a box is made from."""
        try:
            plan = launch_plan(spec, Birth(), self._folders(spec, code_hash))
        except Unlaunchable:
            return NO_FINGERPRINT
        asked = {name: value for name, value in asdict(spec).items() if value is not None or name in _ALWAYS_ASKED}
        request = {"argv": plan.argv, "env": dict(plan.env), "spec": asked, "code": code_hash}
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()

    def check(self, spec: LaunchSpec) -> None:
        """Raise `Unlaunchable` for what can never be started."""
        check_launch(spec)

    def list(self) -> tuple[Observed, ...]:
        """Return all containers of this installation."""
        return tuple(one for one in self.everyone() if one.installation == self._installation)

    @_answering()
    def everyone(self) -> tuple[Observed, ...]:
        """Return all containers in the root folder."""
        return tuple(_observed(box, record, status) for box, record, status in self._boxes())

    def find(self, bot_id: str, kind: Kind) -> tuple[Observed, ...]:
        """Return all containers of a bot."""
        return tuple(one for one in self.list() if one.bot_id == bot_id and one.kind is kind)

    @_answering()
    def look(self, name_or_id: str) -> Observed | None:
        """Return one container whole, or None."""
        found = self._find(name_or_id)
        if found is None:
            return None
        box, record, status = found
        end = box.exit() if status is Status.EXITED else None
        return replace(_observed(box, record, status), exit=end, started_at=box.started_at(), body=record)

    def has_code(self, code_hash: str) -> bool:
        """Tell whether code of that content is here, whole."""
        return self._code.has(code_hash)

    @_answering()
    def store_code(self, package: CodePackage) -> None:
        """Unpack the code, once."""
        self._code.store(package)

    def prepare(self, spec: LaunchSpec) -> None:
        """Look for the interpreter."""
        for program in RUNTIMES[spec.runtime].command[:1]:
            if shutil.which(program, path=self._search_path) is None:
                raise Refused(f"{program} is not installed; looked in {self._search_path}")

    @_answering()
    def create(self, blueprint: Blueprint, birth: Birth) -> str:
        """Make the box elsewhere, and give it its name when it is whole."""
        name, record = self._plan(blueprint, birth)
        if not self._code.has(record.code_hash):
            raise CodeMissing(record.code_hash)
        fresh = Box(self._containers / f".{secrets.token_hex(8)}")
        fresh.path.mkdir(0o700)
        fresh.fill(record)
        try:
            fresh.path.rename(self._containers / name)
        except OSError:
            if (self._containers / name).exists():
                raise NameTaken(name) from None
            raise
        finally:
            shutil.rmtree(fresh.path, ignore_errors=True)
        return record.id

    @_answering()
    def start(self, container_id: str) -> None:
        """Start a created container."""
        box, record, status = self._get(container_id)
        if status is Status.CREATED:
            Path(record.env["STATE_DIR"]).mkdir(parents=True, exist_ok=True)
            box.start(record, self._search_path, self._wall())
        elif status is Status.EXITED:
            raise Refused("it ended; a container is started once")

    @_answering()
    def signal(self, container_id: str, signal: Signal) -> None:
        """Send TERM to the launcher, or KILL to all that the bot started."""
        box = self._get(container_id)[0]
        if signal is Signal.TERM:
            box.signal(_TERM, whole=False)
        else:
            box.signal(_KILL, whole=True)
            box.end_strays(container_id)

    @_answering()
    def resume(self, container_id: str) -> None:
        """Continue the whole session."""
        self._get(container_id)[0].signal(_CONT, whole=True)

    @_answering()
    def remove(self, container_id: str) -> None:
        """Remove a box whose first process does not run, and what the bot left running."""
        box, _, status = self._get(container_id)
        if status in {Status.RUNNING, Status.PAUSED}:
            raise Refused("it runs")
        box.end_strays(container_id)
        gone = self._containers / f".{secrets.token_hex(8)}"
        box.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    @_answering()
    def purge(self, bot_id: str) -> None:
        """Remove the bot's state folder."""
        if any(one.bot_id == bot_id for one in self.list()):
            raise Refused(f"{bot_id} has a container")
        with suppress(FileNotFoundError):
            shutil.rmtree(self._state / _tame(bot_id))

    @_answering()
    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Measure the bots' state folders."""
        folders = {bot_id: self._state / _tame(bot_id) for bot_id in bot_ids}
        return measure({bot_id: path for bot_id, path in folders.items() if path.is_dir()})

    @_answering()
    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove code that nothing uses, and litter."""
        used = in_use | {record.code_hash for _, record, _ in self._boxes()}
        return self._code.sweep(used, before=self._wall() - STALE)

    def disband(self) -> None:
        """Remove nothing: there is nothing that they had together."""

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        """Yield the last lines, then with `follow` what is written until the end."""
        with _answering():
            box = self._get(container_id)[0]
        return self._read_log(box, tail, follow=follow)

    @_answering()
    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        """Return a file of the box's result folder."""
        path = self._get(container_id)[0].path / "result" / name
        try:
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise Refused(f"{name} is no regular file")
            with path.open("rb") as file:
                found = file.read(limit + 1)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise Refused(f"{name} cannot be read: {error}") from error
        if len(found) > limit:
            raise Refused(f"{name} has more than {limit} bytes")
        return found

    @_answering()
    def watch(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> Watcher:
        """Follow by looking; deaths are told after one interval at most."""
        return Watcher(self._sight, emit, ended, self._interval)

    def _folders(self, spec: LaunchSpec, code_hash: str) -> Folders:
        box = self._containers / self.name_of(spec.bot_id, spec.kind)
        return Folders(
            code=str(self._code.path / code_hash),
            bot=str(box / "bot"),
            state=str(self._state / _tame(spec.bot_id) / ".the0-state"),
            tmp=str(box / "tmp"),
            result=str(box / "result"),
        )

    def _plan(self, blueprint: Blueprint, birth: Birth) -> tuple[str, Record]:
        if isinstance(blueprint, Again):
            if not isinstance(blueprint.container.body, Record):
                raise Refused("a container is made again only from a look at it")
            record = blueprint.container.body
            name = self.name_of(record.bot_id, record.kind)
        else:
            spec, code_hash = blueprint.spec, blueprint.code_hash
            name = self.name_of(spec.bot_id, spec.kind)
            plan = launch_plan(spec, birth, self._folders(spec, code_hash))
            record = Record(
                id="",
                bot_id=spec.bot_id,
                kind=spec.kind,
                installation=self._installation,
                fingerprint=self.fingerprint(spec, code_hash),
                code_hash=code_hash,
                birth=birth,
                argv=plan.argv,
                env={**self._variables, **plan.env},
                stop_grace=spec.stop_grace,
            )
        return name, replace(record, id=f"{name}.{secrets.token_hex(8)}", birth=birth)

    def _boxes(self) -> Iterator[Seen]:
        for path in self._containers.glob("[!.]*"):
            box = Box(path)
            with suppress(FileNotFoundError):  # removed since
                yield box, *box.see()

    def _find(self, name_or_id: str) -> Seen | None:
        name, dot, _ = name_or_id.partition(".")
        found = self._named(name)
        if dot and (found is None or found[1].id != name_or_id):
            # Its id was made from its first name: a hand may have given it another since.
            found = next((seen for seen in self._boxes() if seen[1].id == name_or_id), None)
        if found is not None and found[1].installation != self._installation:
            raise Refused(f"{name_or_id} belongs to installation {found[1].installation}")
        return found

    def _named(self, name: str) -> Seen | None:
        box = Box(self._containers / name)
        if not re.fullmatch("[a-z0-9-]+", name):
            return None
        try:
            return box, *box.see()
        except FileNotFoundError:
            if box.path.exists():
                raise Refused(f"{name} is not a bot's") from None
            return None

    def _get(self, container_id: str) -> Seen:
        found = self._find(container_id)
        if found is None:
            raise Gone(container_id)
        return found

    def _sight(self) -> Sight:
        return {
            record.id: (record.bot_id, status)
            for _, record, status in self._boxes()
            if record.installation == self._installation
        }

    def _read_log(self, box: Box, tail: int, *, follow: bool) -> Iterator[bytes]:
        pause = Event()
        with _answering(), box.log.open("rb") as file:
            yield from deque(file, maxlen=tail)
            ended = not follow
            while not ended:
                ended = not box.path.exists() or box.status() is Status.EXITED
                while chunk := file.read(CHUNK):
                    yield chunk
                if not ended:
                    pause.wait(self._interval)


_ALWAYS_ASKED = frozenset({"memory_bytes", "cpu_millis", "stop_grace"})
"""Members that count as asked for where they are None too: what runs since before there were others goes on."""
_TERM, _KILL, _CONT = signal.SIGTERM, signal.SIGKILL, signal.SIGCONT


def _observed(box: Box, record: Record, status: Status) -> Observed:
    return Observed(
        container_id=record.id,
        name=box.path.name,
        bot_id=record.bot_id,
        kind=record.kind,
        installation=record.installation,
        status=status,
        fingerprint=record.fingerprint,
        code_hash=record.code_hash,
        birth=record.birth,
        stop_grace=record.stop_grace,
    )


def _tame(bot_id: str) -> str:
    """Return the id itself where it is a plain file name, else a hash that no plain id looks like."""
    if re.fullmatch("[a-z0-9][a-z0-9-]{0,31}", bot_id):
        return bot_id
    return "-" + hashlib.sha256(bot_id.encode("utf-8", "surrogatepass")).hexdigest()[:31]
