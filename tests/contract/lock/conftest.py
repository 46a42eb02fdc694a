"""Which locks keep the port's promises, and what the suite needs of them beside the port."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from tests.contract.lock.holder import open_lock
from tests.parts.docker import clean
from tests.parts.proxy import Proxy
from tests.parts.waiting import until

from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.testing.engine_world import EngineWorld
from the0_actors.adapters.testing.lock import FakeLock

HOLDER = Path(__file__).with_name("holder.py")


class Process(Protocol):
    """Another process with its hand on the lock."""

    def take(self) -> bool: ...
    def look(self) -> bool: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...


class Bench(Protocol):
    """One lock on the bench."""

    def open(self, name: str = "") -> EngineLock:
        """Open a hand on it; another name is another lock."""
        ...

    def process(self) -> Process:
        """Start a process that opens one."""
        ...


class RealProcess:
    """A process that is told what to do."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HOLDER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def take(self) -> bool:
        return self._do("take")

    def look(self) -> bool:
        return self._do("look")

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)
        until(lambda: "State:\tT" in Path(f"/proc/{self._process.pid}/status").read_text(), "it is frozen")

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _do(self, what: str) -> bool:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return {"True\n": True, "False\n": False}[self._process.stdout.readline()]


class RealBench:
    """A lock that processes share."""

    def __init__(self, what: str, where: str, stack: ExitStack) -> None:
        self._what, self._where, self._stack = what, where, stack
        self.name = secrets.token_hex(6)

    def open(self, name: str = "") -> EngineLock:
        lock = open_lock(self._what, self._where, self.name + name)
        self._stack.callback(lock.give_back)
        return lock

    def process(self) -> RealProcess:
        process = RealProcess(self._what, self._where, self.name)
        self._stack.callback(process.kill)
        return process


class FakeProcess:
    """A hand on the fake, and what happens to its process."""

    def __init__(self, lock: FakeLock) -> None:
        self._lock = lock
        self.take, self.look, self.kill = lock.take, lock.look, lock.drop

    def freeze(self) -> None:
        """Do nothing, which is what a frozen process does."""

    def thaw(self) -> None:
        """Go on."""


class FakeBench:
    """The fake lock on a fake engine."""

    def __init__(self) -> None:
        self._world = EngineWorld(VirtualClock())

    def open(self, name: str = "") -> FakeLock:
        return FakeLock(self._world, f"lock{name}")

    def process(self) -> FakeProcess:
        return FakeProcess(self.open())


@pytest.fixture
def proxy(docker_engine: ClientSettings) -> Iterator[Proxy]:
    """A network before the engine."""
    with Proxy(None, docker_engine.host.removeprefix("unix://")) as made:
        yield made


def _docker(request: pytest.FixtureRequest, stack: ExitStack) -> Bench:
    return _cleaned(RealBench("docker", request.getfixturevalue("docker_engine").host, stack), request, stack)


def _remote(request: pytest.FixtureRequest, stack: ExitStack) -> Bench:
    host = f"tcp://127.0.0.1:{request.getfixturevalue('proxy').port}"
    return _cleaned(RealBench("docker", host, stack), request, stack)


def _cleaned(bench: RealBench, request: pytest.FixtureRequest, stack: ExitStack) -> Bench:
    client = request.getfixturevalue("docker_client")
    for name in ("", "-other"):
        stack.callback(clean, client, bench.name + name)
    return bench


def _host(request: pytest.FixtureRequest, stack: ExitStack) -> Bench:
    return RealBench("host", str(request.getfixturevalue("tmp_path")), stack)


def _fake(_request: pytest.FixtureRequest, _stack: ExitStack) -> Bench:
    return FakeBench()


LOCKS: dict[str, Callable[[pytest.FixtureRequest, ExitStack], Bench]] = {
    "docker": _docker,
    "docker-remote": _remote,
    "host": _host,
    "fake": _fake,
}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.docker if "docker" in name else ()) for name in LOCKS])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Give each lock in turn."""
    with ExitStack() as stack:
        yield LOCKS[request.param](request, stack)
