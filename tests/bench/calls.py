"""What a call to the engine costs: the CPU of a look at a container, beside a bare HTTP client and docker-py's own.

The engine is a process of its own that answers with one document; many containers are looked at in turn. Run one
measurement with `python -m tests.bench.calls ours 2000`, the number being that of the calls.
"""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
from tests.adapters.docker.tiny_engine import TinyEngine, reply
from tests.bench.child import Numbers, answer

from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.kept_connections import way
from the0_actors.adapters.docker.options import Timeouts

CONTAINERS = 200
ROUNDS = 5
DOCUMENT = json.dumps({"Id": "0" * 64, "Config": {"Env": ["NAME=value"] * 40}, "Mounts": [{"Source": "x" * 60}] * 50})
"""About as long as what an engine says of a bot's container: 6 KB."""


def compare(calls: int) -> Numbers:
    """Make so many calls in each way, in turns; return the least CPU of one, in microseconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "engine.sock")
        context = get_context("spawn")
        listens = context.Event()
        engine = context.Process(target=_serve, args=(path, listens), daemon=True)
        engine.start()
        assert listens.wait(30)
        settings = ClientSettings(f"unix://{path}")
        plain = docker.APIClient(timeout=30, **settings.arguments())
        connection = Connection(settings, Timeouts())
        ways = {
            "bare_us": _bare(settings.host),
            "ours_us": connection.quick.inspect_container,
            "docker_py_us": plain.inspect_container,
        }
        rounds = [{name: _cpu(look, calls // ROUNDS) for name, look in ways.items()} for _ in range(ROUNDS)]
        connection.close()
        plain.close()
        engine.kill()
        engine.join()
    least = {name: min(each[name] for each in rounds) for name in ways}
    return {
        **least,
        "beside_bare": least["ours_us"] / least["bare_us"],
        "beside_docker_py": least["docker_py_us"] / least["ours_us"],
    }


def _bare(host: str) -> Callable[[str], Any]:
    connect = way(host)
    assert connect is not None
    connection: HTTPConnection = connect()
    connection.timeout = 30

    def look(name: str) -> Any:
        connection.request("GET", f"/v1.47/containers/{name}/json")
        return json.loads(connection.getresponse().read())

    return look


def _cpu(look: Callable[[str], Any], calls: int) -> float:
    began = time.process_time()
    for number in range(calls):
        look(f"container-{number % CONTAINERS}")
    return (time.process_time() - began) / calls * 1e6


def _serve(path: Path, listens: Event) -> None:
    engine = TinyEngine(path, reply(DOCUMENT.encode()))
    listens.set()
    engine.wait()


if __name__ == "__main__":
    answer({"ours": compare})
