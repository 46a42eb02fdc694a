"""A Docker Engine for one run of the tests, beside whatever else runs on this machine.

Up to eight runs may go on at a time. Each has a place: a folder, a range of addresses, and a bridge of its own, since
an engine without one removes the bridge of another. What a run that was killed has left is taken away by the next one.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, DockerException
from tests.services import firewall

from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.trouble import CannotEmbed

FOLDER = Path("/var/lib/the0-actors-tests")
_PLACES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """What one run has to itself."""

    parent: Path
    number: int

    @property
    def folder(self) -> Path:
        """The engine's folder."""
        return self.parent / str(self.number)

    @property
    def bridge(self) -> str:
        """The engine's default bridge."""
        return f"the0-tests-{self.number}"

    def arguments(self) -> tuple[str, ...]:
        """Return the flags that keep the engine to its place.

        Room for many networks: an engine may keep some that nobody uses until it is restarted (moby #42119).
        """
        pool = f"base=172.{16 + 2 * self.number}.0.0/15,size=24"
        return ("--default-address-pool", pool, "--bridge", self.bridge)

    def start(self) -> str:
        """Start the engine and return its address. Raises `CannotEmbed`."""
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("address", "add", f"198.18.{self.number}.1/24", "dev", self.bridge)  # a range that no network uses
        _ip("link", "set", self.bridge, "up")
        return docker_engine.start(self.folder, self.arguments()).url

    def clear(self) -> frozenset[str]:
        """End the engine with all that it runs and holds; return the interfaces that were its own."""
        bridges = {self.bridge}
        with suppress(CannotEmbed, DockerException, OSError):
            bridges |= _emptied(self.start())
        docker_engine.remove(self.folder)
        for bridge in bridges:
            _ip("link", "delete", bridge)
        return frozenset(bridges)


@contextmanager
def engine_of_the_run(say: Callable[[str], None], parent: Path = FOLDER) -> Generator[str, None, None]:
    """Run an engine and give its address. Needs root and an installed engine; raises `CannotEmbed`."""
    docker_engine.install(say)
    with ExitStack() as ending:
        with _one_at_a_time(parent):
            before = _as_found(parent)
            place = _take_place(parent, before, ending)
            ending.callback(_end, place, before)
            found = firewall.look()
            url = place.start()
            firewall.put_back(found)
        yield url


def _take_place(parent: Path, before: firewall.Firewall, ending: ExitStack) -> Place:
    """Take the first free place until `ending`, or until we die; clear what is left in any that is free."""
    with ExitStack() as looking:
        free: list[tuple[Place, socket.socket]] = []
        for number in range(_PLACES):
            lock = looking.enter_context(socket.socket(socket.AF_UNIX))
            with suppress(OSError):
                lock.bind(f"\0{parent}/{number}")
                free.append((Place(parent, number), lock))
        if not free:
            raise CannotEmbed("dockerd", f"{_PLACES} runs of the tests go on already")
        left = [place.clear() for place, _ in free if place.folder.exists()]
        firewall.give_back(before, frozenset[str]().union(*left))
        place, lock = free[0]
        ending.enter_context(lock.dup())
        return place


def _end(place: Place, before: firewall.Firewall) -> None:
    with _one_at_a_time(place.parent):
        firewall.give_back(before, place.clear())
        if not any(each.is_dir() for each in place.parent.iterdir()):
            shutil.rmtree(place.parent)


def _as_found(parent: Path) -> firewall.Firewall:
    """Return the firewall as the first of all runs that overlap, or were killed, found it."""
    memory = _memory(parent)
    with suppress(OSError, ValueError, KeyError, TypeError):
        return firewall.read(json.loads(memory.read_text()))
    found = firewall.look()
    memory.write_text(json.dumps(found.document()))
    return found


def _memory(parent: Path) -> Path:
    """Return the file of one boot and one network namespace: nothing of a firewall outlives either."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return parent / f"found-{boot}-{firewall.namespace().strip('net:[]')}.json"


@contextmanager
def _one_at_a_time(parent: Path) -> Generator[None, None, None]:
    """Hold the folder above, so that `parent` may come and go, and let nobody else begin or end a run."""
    above = os.open(parent.parent, os.O_RDONLY)
    try:
        fcntl.flock(above, fcntl.LOCK_EX)
        parent.mkdir(mode=0o711, exist_ok=True)
        yield
    finally:
        os.close(above)


def _emptied(url: str) -> set[str]:
    """Remove all containers and networks; return the interfaces of the networks."""
    client = docker.APIClient(url, timeout=60)
    try:
        for container in client.containers(all=True):
            with suppress(APIError):
                client.remove_container(container["Id"], force=True, v=True)
        networks = [network["Id"] for network in client.networks() if network["Driver"] == "bridge"]
        for network in networks:
            with suppress(APIError):
                client.remove_network(network)
        return {f"br-{network[:12]}" for network in networks}
    finally:
        client.close()


def _ip(*words: str) -> None:
    """Change an interface; that it is so already is no fault."""
    subprocess.run(["ip", *words], check=False, capture_output=True, timeout=30)
