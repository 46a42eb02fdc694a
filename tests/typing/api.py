"""The embedding API as a type checker sees it; checked with the tests, never run."""

from typing import assert_type

import the0_actors
from the0_actors import PortInUse, Ports, Runtime, The0ActorsError, Threads, TreeSettings, Unavailable
from the0_actors.actors.ports.status import RuntimeStatus

assert_type(the0_actors.__version__, str)


def embed(ports: Ports) -> RuntimeStatus:
    with Runtime(ports, TreeSettings(reconcile_interval=5.0), threads=Threads(engine=4)) as runtime:
        assert_type(runtime, Runtime)
        assert_type(runtime.ready(), bool)
        assert_type(runtime.wait(1.0), str | None)
        return runtime.status()


def explain(error: The0ActorsError) -> str:
    match error:
        case Unavailable(part=part):
            return part
        case PortInUse():
            return "taken"
        case _:
            return str(error)
