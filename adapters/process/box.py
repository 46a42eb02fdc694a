"""One bot's "container" without a container: a folder, and a session of plain processes.

    container.json   what was asked for (`Record`), written with the folder
    process.json     first process: pid, its start mark, when; written exactly once, before the bot may begin
    exit             exit code; written by the launcher, its modification time is the time of the end
    log, bot/, tmp/  output, the bot's folder, its scratch folder

All state is in these files and in the process table, so another runtime finds a bot as its maker left it. A pid
alone proves nothing: it counts together with the start time that the kernel tells (where there is a `/proc`).
"""

import json
import os
import signal
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Exit, Status
from the0_actors.adapters.launch.plan import birth_env

KILLED = 137
"""The exit code of a bot whose launcher could not write one: 128 + SIGKILL, as in a container."""

_DEFAULTED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_GATE = 'read -r go && exec "$@" </dev/null'
"""The bot begins only when its process is on record: without the word `go` the child just ends."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was asked for: labels and request of one container."""

    id: str
    bot_id: str
    kind: Kind
    installation: str
    fingerprint: str
    code_hash: str
    birth: Birth
    argv: tuple[str, ...]
    env: dict[str, str]
    stop_grace: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the record of a `container.json`. Raises `ValueError` for another text."""
        try:
            fields: dict[str, Any] = json.loads(text)
            kind, birth, argv = Kind(fields.pop("kind")), Birth(**fields.pop("birth")), tuple(fields.pop("argv"))
            return cls(kind=kind, birth=birth, argv=argv, **fields)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no record of a container: {error!r}") from error


class Box:
    """The files of one container. Reads see each file whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log"
        self._process = path / "process.json"
        self._exit = path / "exit"

    def fill(self, record: Record) -> None:
        """Lay out a folder that nobody else sees yet."""
        for name in ("bot", "tmp"):
            (self.path / name).mkdir()
        self.log.touch(0o600)
        (self.path / "container.json").write_text(json.dumps(asdict(record)), "utf-8")

    def see(self) -> tuple[Record, Status]:
        """Return record and state of one and the same box. Raises `FileNotFoundError` when it is gone."""
        path = self.path / "container.json"
        while True:
            text, status = path.read_text("utf-8"), self.status()
            if text == path.read_text("utf-8"):
                return Record.parse(text), status

    def start(self, record: Record, search_path: str, now: float) -> None:
        """Start the first process, at most once in the life of the box, whoever else tries."""
        env = {
            **record.env,
            **birth_env(record.birth),
            "PATH": search_path,
            "THE0_EXIT": str(self._exit),
            "THE0_CONTAINER": record.id,
        }
        reader, writer = os.pipe()
        try:
            pid = _spawn(record.argv, env, reader, self.log)
            claimed = self._claim({"pid": pid, "mark": _stat(pid)[1], "started_at": now})
            if claimed:
                os.write(writer, b"go\n")
        finally:
            os.close(reader)
            os.close(writer)
        if not claimed:
            os.waitpid(pid, 0)

    def _claim(self, process: dict[str, object]) -> bool:
        """Put the first process on record; False when there is one."""
        descriptor, name = tempfile.mkstemp(dir=self.path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(process, file)
        try:
            os.link(name, self._process)
        except FileExistsError:
            return False
        finally:
            Path(name).unlink()
        return True

    def status(self) -> Status:
        """Return the state now; an end that nobody wrote down is written down."""
        process = self._read_process()
        if process is None:
            return Status.CREATED
        state = _probe(process[0], process[1])
        if self._exit.exists():
            return Status.EXITED
        if state:
            return Status.PAUSED if state == "T" else Status.RUNNING
        with suppress(FileNotFoundError):  # the box was removed since
            _put(self._exit, f"{KILLED}\n")
        return Status.EXITED

    def started_at(self) -> float | None:
        """Return the wall time of the start, or None."""
        process = self._read_process()
        return None if process is None else process[2]

    def exit(self) -> Exit:
        """Return how it ended. Only when the status is EXITED."""
        code = int(self._exit.read_text("utf-8"))
        return Exit(code, oom=False, finished_at=self._exit.stat().st_mtime)

    def signal(self, number: int, *, whole: bool) -> None:
        """Send a signal to the first process, or to the whole session; not running is fine."""
        process = self._read_process()
        if process is None or self._exit.exists():
            return
        if _probe(process[0], process[1]):
            with suppress(ProcessLookupError):
                (os.killpg if whole else os.kill)(process[0], number)

    def end_strays(self, container_id: str) -> None:
        """Kill what left the session and still carries this container's name in its environment."""
        for pid in _holders(f"THE0_CONTAINER={container_id}".encode()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _read_process(self) -> tuple[int, str, float] | None:
        try:
            fields = json.loads(self._process.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return fields["pid"], fields["mark"], fields["started_at"]


def _spawn(argv: tuple[str, ...], env: dict[str, str], stdin: int, log: Path) -> int:
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    try:
        return os.posix_spawn(
            "/bin/sh",
            ("/bin/sh", "-c", _GATE, "the0-gate", *argv),
            env,
            file_actions=(
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ),
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULTED,
        )
    finally:
        os.close(output)


def _probe(pid: int, mark: str) -> str:
    """Return the state letter of this very process, or the empty string: it is dead (and reaped, if it was ours)."""
    if not _has_proc():
        return _probe_without_proc(pid)
    state, start = _stat(pid)
    if start != mark:
        return ""
    if state not in {"Z", "X"}:
        return state
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return ""


def _stat(pid: int) -> tuple[str, str]:
    """Return state letter and start time (in the kernel's ticks); both empty when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _probe_without_proc(pid: int) -> str:
    try:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return ""
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    return "R"


def _put(path: Path, text: str) -> None:
    fresh = path.with_suffix(".late")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def _holders(variable: bytes) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
