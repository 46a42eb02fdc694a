"""The Docker Engine on the bench."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import docker
from docker.errors import NotFound
from tests.contract.engine.bench import Behaviour
from tests.parts.docker import SHELL_IMAGE, SHELL_OPTIONS, clean, pause
from tests.parts.packages import MemoryPackage

from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.adapters.docker import names
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine

_WAIT = "while :; do sleep 0.02; done"
_SCRIPTS = {
    Behaviour.STAYS: f"trap 'echo bye; exit 0' TERM; echo up $BOT_INCARNATION; {_WAIT}",
    Behaviour.STUBBORN: f"trap '' TERM; echo up $BOT_INCARNATION; {_WAIT}",
    Behaviour.CRASHES: "echo up $BOT_INCARNATION; exit 3",
    Behaviour.RESULT: 'echo \'{"status":"success"}\' >/bot/result.json',
    Behaviour.LINK: "ln -s /etc/passwd $THE0_RESULT/result.json",
    Behaviour.ENDLESS: "ln -s /dev/zero /bot/result.json",
    Behaviour.FIFO: "mkfifo /bot/result.json",
    Behaviour.SWAPS: (
        'echo \'{"status":"success"}\' >/bot/result.json; '
        "(sleep 0.01; while :; do rm -f /bot/result.json; mkfifo /bot/result.json; done) &"
    ),
    Behaviour.LOCKS: "cd $THE0_RESULT && mkdir -p a/b && chmod 0 a/b a . $STATE_DIR /state",
    Behaviour.KEEPS: f"trap 'exit 0' TERM; echo x >>$STATE_DIR/n; echo kept $(wc -l <$STATE_DIR/n); {_WAIT}",
}


class DockerBench:
    """A `Bench` over a real engine."""

    def __init__(self, settings: ClientSettings, client: docker.APIClient, installation: str) -> None:
        self.engine = DockerEngine(settings, installation, SHELL_OPTIONS)
        self.neighbour = DockerEngine(settings, f"{installation}n", SHELL_OPTIONS)
        self._client = client
        self._installation = installation
        self._strangers: list[str] = []

    def package(self, behaviour: Behaviour) -> MemoryPackage:
        return MemoryPackage({"bot.sh": _SCRIPTS[behaviour].encode()})

    def spec(self, bot_id: str) -> LaunchSpec:
        return LaunchSpec(bot_id, Kind.REALTIME, "python3.11", "bot.sh", "user/bot/1.0.0", "1.0.0", "{}")

    def crash(self, container_id: str) -> None:
        self._client.kill(container_id)

    def remove(self, container_id: str) -> None:
        self._client.remove_container(container_id, force=True)

    def pause(self, container_id: str) -> None:
        pause(self._client, container_id)

    def damage(self, code_hash: str) -> None:
        name = names.code_volume(self._installation, code_hash)
        script = ["sh", "-c", "rm -f /code/complete /code/files/*"]
        body = {"Image": SHELL_IMAGE, "Cmd": script, "HostConfig": {"Binds": [f"{name}:/code"], "NetworkMode": "none"}}
        container_id = self._client.create_container_from_config(body)["Id"]
        self._client.start(container_id)
        assert self._client.wait(container_id)["StatusCode"] == 0
        self._client.remove_container(container_id)

    def stranger(self, name: str) -> str:
        body = {"Image": SHELL_IMAGE, "Cmd": ["sleep", "60"], "HostConfig": {"NetworkMode": "none"}}
        return self._make(body, name)

    def upstream(self, bot_id: str) -> str:
        labels = {"runtime.managed": "true", "runtime.id": bot_id, "runtime.entrypoint": "main.py"}
        body = {
            "Image": SHELL_IMAGE,
            "Cmd": ["sleep", "60"],
            "Labels": labels,
            "HostConfig": {"NetworkMode": "none"},
        }
        container_id = self._make(body, None)
        self._client.start(container_id)
        return container_id

    def clean(self) -> None:
        for container_id in self._strangers:
            with suppress(NotFound):
                self._client.remove_container(container_id, force=True)
        for installation in (self._installation, f"{self._installation}n"):
            clean(self._client, installation)
        self.engine.close()
        self.neighbour.close()

    def _make(self, body: Mapping[str, Any], name: str | None) -> str:
        container_id = str(self._client.create_container_from_config(body, name)["Id"])
        self._strangers.append(container_id)
        return container_id


@contextmanager
def docker_bench(
    settings: ClientSettings, client: docker.APIClient, installation: str
) -> Generator[DockerBench, None, None]:
    """Give the bench, and leave nothing behind."""
    bench = DockerBench(settings, client, installation)
    try:
        yield bench
    finally:
        bench.clean()
