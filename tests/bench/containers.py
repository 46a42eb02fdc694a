"""A hundred containers on a real engine: a whole runtime beside a bare concurrent loop over the Docker API.

The bare loop sends the runtime's own create requests, read back from its containers, with as many threads. Run it with
`python -m tests.bench.containers ours 100`. `DOCKER_HOST` names the engine; the image is that of the tests.
"""

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from tests.bench.child import Numbers, answer
from tests.bench.fleet import Rig
from tests.parts.docker import SHELL_OPTIONS, clean, make_shell_image
from tests.parts.packages import MemoryPackage

from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine, engine_id

THREADS = 8
"""What `supervisors.runtime.Threads` gives to starts."""


def compare(bots: int) -> Numbers:
    """Start so many bots by a runtime, then as many containers by a bare loop; return both times in seconds."""
    settings = ClientSettings.from_environment(os.environ)
    client = docker.APIClient(timeout=120, **settings.arguments())
    make_shell_image(client)
    installation = secrets.token_hex(6)
    try:
        ours, bodies = _ours(settings, installation, client, bots)
        clean(client, installation)
        bare = _bare(client, installation, bodies)
    finally:
        clean(client, installation)
        client.close()
    return {"ours_s": ours, "bare_s": bare, "times": bare / ours}


def _ours(settings: ClientSettings, installation: str, client: docker.APIClient, bots: int) -> tuple[float, list[Any]]:
    engine = DockerEngine(settings, installation, SHELL_OPTIONS)
    package = MemoryPackage({"main.py": b"exec sleep 600\n"})
    engine.store_code(package)
    rig = Rig(bots, engine=lambda _installation: engine, identify=lambda: engine_id(settings), code=package.digest)
    began = time.perf_counter()
    rig.runtime.start()
    if not rig.watch.all_running.wait(300):
        raise TimeoutError(f"{rig.watch.running} of {bots} run")
    took = time.perf_counter() - began
    rig.runtime.stop()
    names = [
        container["Id"]
        for container in client.containers(filters={"label": f"the0-actors.installation={installation}"})
    ]
    engine.close()
    return took, [client.inspect_container(name) for name in names]


def _bare(client: docker.APIClient, installation: str, inspected: list[Any]) -> float:
    engine = DockerEngine(ClientSettings.from_environment(os.environ), installation, SHELL_OPTIONS)
    engine.store_code(MemoryPackage({"main.py": b"exec sleep 600\n"}))
    network = next(iter(inspected[0]["NetworkSettings"]["Networks"]))
    client.create_network(network, driver="bridge", labels={"the0-actors.installation": installation})

    def start(one: Any) -> None:
        body = {**one["Config"], "HostConfig": one["HostConfig"]}
        made = client.create_container_from_config(body, one["Name"].lstrip("/"))
        client.start(made["Id"])

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(start, inspected))
    took = time.perf_counter() - began
    engine.close()
    return took


if __name__ == "__main__":
    answer({"ours": compare})
