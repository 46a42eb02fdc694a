"""A Docker Engine for the embedded default: the one that is there, or one of our own.

Our own is a daemon apart: its data, sockets and process id lie in one folder, it outlives the runtime, and what it
runs outlives it. It has no default bridge, so it leaves the network of another engine alone; bots get networks of
their own. Talking to an engine beyond "are you there" is the Docker adapter's.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from the0_actors.adapters.embedded import debian
from the0_actors.adapters.embedded.mounts import clear_away
from the0_actors.adapters.embedded.pace import Pace
from the0_actors.adapters.embedded.processes import Identity, end, running_with
from the0_actors.adapters.embedded.trouble import CannotEmbed

PACKAGES = ("docker.io", "iptables")

_PATIENCE = 3.0
"""Seconds that an engine may take to say that it is there."""

_START = 60.0
_TRIES = 2
"""On a busy machine the daemon may give up on its own containerd; the second time that is up sooner."""
_STOP = 30.0

_LONGEST = 70
"""Characters of the folder's path: the longest socket below it must fit into the 108 of a socket address."""


@dataclass(frozen=True, slots=True)
class DockerHost:
    """An engine that answers."""

    url: str
    """As in `DOCKER_HOST`."""
    own: bool
    """It is the one in our folder."""


def find_engine(environment: Mapping[str, str], folder: Path) -> DockerHost | str:
    """Return the engine to use, or why there is none.

    One that `DOCKER_HOST` names is taken and no other; else the first of the usual sockets, then our own.
    """
    if named := environment.get("DOCKER_HOST"):
        secured = bool(environment.get("DOCKER_TLS_VERIFY"))
        answers = secured or _answers(named)
        return DockerHost(named, own=False) if answers else f"no Docker Engine answers at DOCKER_HOST={named}"
    sockets = ["/var/run/docker.sock"]
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        sockets.append(f"{runtime}/docker.sock")
    if home := environment.get("HOME"):
        sockets.append(f"{home}/.docker/run/docker.sock")
    for path in sockets:
        if _answers(f"unix://{path}"):
            return DockerHost(f"unix://{path}", own=False)
    if _answers(address(folder)):
        return DockerHost(address(folder), own=True)
    return f"no Docker Engine answers at {', '.join(sockets)}"


def can_install() -> str | None:
    """Return why an engine of our own cannot be installed and started here, or None when it can."""
    if os.geteuid() != 0:
        return "only root can run a Docker Engine of its own"
    return None if shutil.which("dockerd") else debian.hindrance()


def install(progress: debian.Progress) -> None:
    """Install the engine's packages, unless they are there. Raises `CannotEmbed`.

    The package may start an engine by itself, so look with `find_engine` once more before `start`.
    """
    if shutil.which("dockerd") is None or shutil.which("iptables") is None:
        debian.install(PACKAGES, progress)


def start(folder: Path, arguments: Sequence[str] = (), pace: Pace | None = None) -> DockerHost:
    """Start the engine of this folder and wait until it answers. Running already is fine.

    `arguments` are added to the daemon's own. Raises `CannotEmbed`.
    """
    folder = folder.absolute()
    if _answers(address(folder)):
        return DockerHost(address(folder), own=True)
    if len(str(folder)) > _LONGEST:
        raise CannotEmbed("dockerd", f"{folder} is too long a path; at most {_LONGEST} characters")
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    log = folder / "dockerd.log"
    for _ in range(_TRIES):
        if daemon(folder) is None:
            _forget(folder)
            _launch(folder, arguments, log)
        (pace or Pace()).until(lambda: _answers(address(folder)) or daemon(folder) is None, _START)
        if _answers(address(folder)):
            return DockerHost(address(folder), own=True)
    raise CannotEmbed("dockerd", f"did not come up: {_last_line(log)} (all of it: {log})")


def stop(folder: Path, pace: Pace | None = None) -> None:
    """End the engine of this folder; what it runs goes on. Not running is fine."""
    for process in running_with("--data-root", f"{folder.absolute()}/data"):
        end(process, pace or Pace(), _STOP, group=False)


def remove(folder: Path, pace: Pace | None = None) -> None:
    """End the engine of this folder and everything that it runs, and remove all that it holds."""
    folder = folder.absolute()
    stop(folder, pace)
    for shim in running_with("-address", f"{folder}/exec/containerd/containerd.sock"):
        for contained in _children(shim):
            with suppress(ProcessLookupError):
                os.kill(contained, signal.SIGKILL)
        end(shim, pace or Pace(), group=False)
    clear_away(folder)


def address(folder: Path) -> str:
    """Return where the engine of this folder answers, as in `DOCKER_HOST`."""
    return f"unix://{folder.absolute()}/docker.sock"


def daemon(folder: Path) -> Identity | None:
    """Return the process of this folder's engine, or None."""
    return next(iter(running_with("--data-root", f"{folder.absolute()}/data")), None)


def _forget(folder: Path) -> None:
    """Remove what a killed engine left: numbers of processes, which may be those of others by now.

    A containerd that outlived it is known by its arguments, and its number stays. Sockets are replaced by the daemon.
    """
    (folder / "pid").unlink(missing_ok=True)
    home = folder / "exec" / "containerd"
    if not running_with("--config", f"{home}/containerd.toml"):
        (home / "containerd.pid").unlink(missing_ok=True)


def _launch(folder: Path, arguments: Sequence[str], log: Path) -> None:
    command = [
        "setsid", "--fork", shutil.which("dockerd") or "dockerd", "--data-root", str(folder / "data"),
        "--exec-root", str(folder / "exec"), "--host", address(folder), "--pidfile", str(folder / "pid"),
        "--bridge", "none", "--live-restore", *arguments,
    ]  # fmt: skip
    with log.open("ab") as output:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True, timeout=_STOP)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotEmbed("dockerd", f"could not be started: {error}") from error


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _children(parent: Identity) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]
    except OSError:
        return []


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_PATIENCE)
        self.sock.connect(self._path)


def _answers(url: str) -> bool:
    """Tell whether an engine answers there; over TLS and SSH only its being named is taken for it."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection: http.client.HTTPConnection = _OverSocket(parts.path)
    elif parts.scheme in {"tcp", "http"}:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 2375, timeout=_PATIENCE)
    else:
        return True
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
