"""A real engine on which hostile bots are run, with bounds small enough to be reached in a moment."""

import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
from tests.attacks.attempts import HELD, OPEN, PRELUDE
from tests.parts.docker import PYTHON_OPTIONS
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import missing, until

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Fresh
from the0_actors.adapters.docker import names
from the0_actors.adapters.docker.engine import DockerEngine

OPTIONS = replace(PYTHON_OPTIONS, log_size="1m", log_files=2)
_SPEC = LaunchSpec("bot", Kind.REALTIME, "python3.11", "main.py", "user/bot/1.0.0", "1.0.0", "{}")


@dataclass(frozen=True, slots=True)
class Stage:
    """One engine, and hands."""

    engine: DockerEngine
    client: docker.APIClient
    installation: str
    folder: Path

    def start(self, bot_id: str, program: str, **asked: Any) -> str:
        """Run a program as a bot; return its container."""
        body = "".join(f"    {line}\n" for line in program.splitlines())
        package = MemoryPackage({"main.py": f"{PRELUDE}\ndef main(bot_id, config):\n{body}".encode()})
        spec = replace(_SPEC, bot_id=bot_id, **asked)
        self.engine.prepare(spec)
        self.engine.store_code(package)
        container_id = self.engine.create(Fresh(spec, package.digest), Birth())
        self.engine.start(container_id)
        return container_id

    def end(self, container_id: str) -> Observed:
        """Wait for its end."""

        def look() -> Observed | None:
            found = self.engine.look(container_id)
            return found if found is not None and found.status is Status.EXITED else None

        found = until(look, "the bot ends", 60)
        assert found is not None
        return found

    def output(self, container_id: str) -> str:
        """Return what it printed so far."""
        return b"".join(self.engine.logs(container_id, 100_000, follow=False)).decode()

    def says(self, bot_id: str, program: str) -> str:
        """Run a program to its end; return its last word about the outcome."""
        container_id = self.start(bot_id, program)
        self.end(container_id)
        words = [word for word in self.output(container_id).split() if word in {HELD, OPEN}]
        return words[-1] if words else "nothing"

    # the network

    def address(self, container_id: str) -> str:
        """Return a container's address."""
        (network,) = self.client.inspect_container(container_id)["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def gateway(self) -> str:
        """Return the host's address on the bots' network."""
        self.engine.prepare(_SPEC)
        network = self.client.inspect_network(names.network_name(self.installation, 1))
        return str(network["IPAM"]["Config"][0]["Gateway"])

    def cannot_reach(self, host: str, port: int) -> bool:
        """Tell whether a bot is kept from a listener."""
        said = self.says("caller", f"says(refused(socket.create_connection, ({host!r}, {port}), 3))")
        assert said in {HELD, OPEN}, said
        return said == HELD

    @contextmanager
    def listener(self, host: str) -> Generator[int]:
        """Listen on the host, on an address that is added for it where it is link-local; give the port."""
        added = ["ip", "address", "add", f"{host}/32", "dev", "lo"] if host.startswith("169.254.") else []
        if added and subprocess.run(added, capture_output=True, check=False).returncode != 0:
            missing("no address can be added here")
        try:
            with socket.create_server((host, 0)) as server:
                yield server.getsockname()[1]
        finally:
            if added:
                subprocess.run([*added[:2], "del", *added[3:]], check=True)
