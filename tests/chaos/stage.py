"""Every part in a process of its own: Docker Engine, MongoDB, NATS, S3, and two runtimes beside each other.

The engine has a network namespace of its own, so that its rules are not the machine's. Runtimes reach it through a
proxy that can hold its answers back. What a system's service manager does for each part, the storm does: it starts
again what was killed.
"""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError
from tests.parts.docker import answers, make_shell_image
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.platform import BUCKET, Platform, environment
from tests.parts.processes import program
from tests.parts.proxy import Proxy
from tests.parts.s3 import S3
from tests.parts.waiting import until

from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.embedded.mounts import clear_away

CLI = Path(__file__).parents[1] / "integration" / "cli.py"


class Engine:
    """A Docker Engine in a folder. What it runs outlives it, as with `live-restore` everywhere."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.settings = ClientSettings(host=f"unix://{folder}/docker.sock")
        self._space = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; on a machine that is busy it may give itself up before."""
        until(self._answers, lambda: (self._folder / "log").read_text(errors="replace")[-2000:], 120)

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            self._process = self._begin()
        return answers(self.settings)

    def _begin(self) -> "subprocess.Popen[bytes]":
        folder = self._folder
        (folder / "pid").unlink(missing_ok=True)
        command = ["nsenter", f"--net=/proc/{self._space.pid}/ns/net", program("dockerd"), "--live-restore"]
        command += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--bridge", "none"]
        command += ["-H", self.settings.host, "-p", f"{folder}/pid"]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def close(self) -> None:
        """Remove what it runs, and end it."""
        self.start()
        assert self._process is not None
        client = docker.APIClient(base_url=self.settings.host, timeout=60)
        for container in client.containers(all=True):
            with suppress(APIError):
                client.remove_container(container["Id"], force=True, v=True)
        client.close()
        self._process.terminate()
        self._process.wait(60)
        self._space.kill()
        self._space.wait()
        clear_away(self._folder)


@dataclass
class Instance:
    """One runtime, started again after each kill, as a service manager would."""

    name: str
    folder: Path
    environment: dict[str, str]
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self, *arguments: str) -> None:
        """Start it; it is not waited for."""
        command = [sys.executable, str(CLI), "run", "--mode", "docker", "--listen", "127.0.0.1:0"]
        command += ["--bot-stop-grace", "3s", "--log-format", "json", "--reconcile-interval", "5s", *arguments]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment
            )

    def kill(self) -> None:
        """End it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)

    def revive(self) -> None:
        """Start it again if it has ended, by a fault or of its own accord."""
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()

    def close(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Stage:
    """All parts, up."""

    mongo: Mongo
    nats: Nats
    store: S3
    engine: Engine
    link: Proxy
    """Between the runtimes and the engine."""
    platform: Platform
    runtimes: tuple[Instance, ...]


@contextmanager
def stage(folder: Path, instances: int = 2) -> Generator[Stage]:
    """Set everything up in a folder with a short name; nothing is left of it."""
    with ExitStack() as parts:
        mongo = Mongo(folder, "--sync-on-commit")
        config = folder / "nats.conf"
        config.write_text("jetstream { sync_interval: always }\n")
        nats = Nats(folder, "-c", str(config))
        store, engine = S3(folder), Engine(folder / "engine")
        for server in (mongo, nats, store):
            server.start()
            parts.callback(server.stop)
        parts.callback(engine.close)
        engine.start()
        client = docker.APIClient(base_url=engine.settings.host, timeout=60)
        make_shell_image(client)
        client.close()
        nats.make_stream()
        platform = Platform(store, BUCKET, nats, folder)
        platform.upload("1.0.0")
        platform.upload("1.1.0")
        link = parts.enter_context(Proxy(folder / "link.sock", engine.settings.host.removeprefix("unix://")))
        given = environment(folder, f"unix://{link.path}", mongo, nats, store)
        runtimes = tuple(Instance(f"runtime-{number}", folder, given) for number in range(instances))
        for one in runtimes:
            one.start()
            parts.callback(one.close)
        yield Stage(mongo, nats, store, engine, link, platform, runtimes)
