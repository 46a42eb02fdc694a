"""What may happen to each part, and how it ends.

A fault begins when it is entered and ends when it is left: what was killed is started, what was halted goes on, what
was dropped comes back. A black hole swallows packets; it refuses nothing.
"""

import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from tests.chaos.stage import Instance, Stage
from tests.parts import mongo as contents

Fault = Callable[[Stage], AbstractContextManager[None]]

DATABASES = ("bot_runner", "bot_scheduler")


class Part(Protocol):
    """What can be killed, halted and started."""

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def signal(self, number: int) -> None: ...


@contextmanager
def killed(part: Part) -> Generator[None]:
    part.kill()
    yield
    part.start()


@contextmanager
def halted(part: Part) -> Generator[None]:
    part.signal(signal.SIGSTOP)
    yield
    part.signal(signal.SIGCONT)


@contextmanager
def black_hole(port: int) -> Generator[None]:
    """Drop what comes to a loopback port."""
    rule = ["INPUT", "-i", "lo", "-p", "tcp", "--dport", str(port), "-j", "DROP"]
    subprocess.run(["iptables", "-w", "-I", *rule], check=True)
    try:
        yield
    finally:
        subprocess.run(["iptables", "-w", "-D", *rule], check=True)


@contextmanager
def unanswered(stage: Stage) -> Generator[None]:
    """Let calls through to the engine, and hold its answers back."""
    stage.link.hold()
    yield
    stage.link.release()


@contextmanager
def emptied(stage: Stage) -> Generator[None]:
    """Drop the databases, and bring back what they held."""
    with stage.mongo.client() as client:
        kept = {name: contents.emptied(client, name) for name in DATABASES}
    yield
    with stage.mongo.client() as client:
        for name, held in kept.items():
            contents.restore(client, name, held)


@contextmanager
def emptied_and_restarted(stage: Stage) -> Generator[None]:
    """Drop the databases, and have all runtimes start anew on nothing."""
    with emptied(stage):
        for one in stage.runtimes:
            one.kill()
            one.start()
        yield


def _of_runtime(number: int, fault: Callable[[Instance], AbstractContextManager[None]]) -> Fault:
    return lambda stage: fault(stage.runtimes[number % len(stage.runtimes)])


@dataclass(frozen=True)
class Named:
    """A fault as it is told, and the part that it hits: two faults of one part are no pair."""

    name: str
    part: str
    fault: Fault


FAULTS = (
    Named("MongoDB is killed", "MongoDB", lambda stage: killed(stage.mongo)),
    Named("MongoDB is halted", "MongoDB", lambda stage: halted(stage.mongo)),
    Named("MongoDB is a black hole", "MongoDB", lambda stage: black_hole(stage.mongo.port)),
    Named("the databases are dropped", "MongoDB", emptied),
    Named("the databases are dropped, the runtimes restarted", "MongoDB", emptied_and_restarted),
    Named("NATS is killed", "NATS", lambda stage: killed(stage.nats)),
    Named("NATS is halted", "NATS", lambda stage: halted(stage.nats)),
    Named("NATS is a black hole", "NATS", lambda stage: black_hole(stage.nats.port)),
    Named("S3 is killed", "S3", lambda stage: killed(stage.store)),
    Named("S3 is halted", "S3", lambda stage: halted(stage.store)),
    Named("S3 is a black hole", "S3", lambda stage: black_hole(stage.store.port)),
    Named("the engine is killed", "engine", lambda stage: killed(stage.engine)),
    Named("the engine is halted", "engine", lambda stage: halted(stage.engine)),
    Named("the engine's answers are lost", "engine", unanswered),
    Named("the first runtime is killed", "first", _of_runtime(0, killed)),
    Named("the first runtime is halted", "first", _of_runtime(0, halted)),
    Named("the second runtime is killed", "second", _of_runtime(1, killed)),
    Named("the second runtime is halted", "second", _of_runtime(1, halted)),
)
