"""The command line as a process of its own, over a service that obeys commands on standard input.

`block-start` and the like make a phase last until the process ends; every call is told on standard error.
"""

import os
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import structlog

from the0_actors.actors.errors import PortInUse, Unavailable
from the0_actors.bin.environment import Environment
from the0_actors.bin.main import cli
from the0_actors.supervisors.service import StopReport, Wiring
from the0_actors.supervisors.settings import OnExit

BEHAVIOUR = sys.argv[1]
FOREVER = threading.Event()


def tell(text: str) -> None:
    sys.stderr.write(f"CALL {text}\n")
    sys.stderr.flush()


class ScriptedService:
    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.stopped = threading.Event()

    def start(self, progress: Callable[[str], None]) -> None:
        tell("start")
        progress("building images")
        threading.Thread(target=self.stopped.wait, name="not a daemon").start()
        match BEHAVIOUR:
            case "block-start":
                FOREVER.wait()
            case "port-in-use":
                raise PortInUse("cannot listen on 127.0.0.1:8080: Address already in use")
            case "unreachable":
                raise Unavailable("mongodb", "no server at mongodb://db")
            case "leaks-by-error":
                progress(f"it says {os.environ['LEAK']}")
                structlog.get_logger().warning("leak", text=os.environ["LEAK"])
                raise Unavailable("mongodb", os.environ["LEAK"])
            case "leaks-by-bug":
                raise ZeroDivisionError(f"it says {os.environ['LEAK']}")
            case "bug":
                raise ZeroDivisionError("a bug")
            case _:
                pass

    def wait(self) -> str:
        if BEHAVIOUR == "gives-up":
            return "the root supervisor gave up"
        self.stopping.wait()
        return ""

    def stop(self, on_exit: OnExit, progress: Callable[[str], None]) -> StopReport:
        tell(f"stop {on_exit}")
        self.stopping.set()
        progress("bots: 1 of 2 left")
        if BEHAVIOUR == "block-stop":
            FOREVER.wait()
        self.stopped.set()
        if BEHAVIOUR == "stuck":
            return StopReport(stopped=("a",), failed=("b",))
        return StopReport(kept=("a", "b")) if on_exit is OnExit.KEEP else StopReport(stopped=("a", "b"))

    def abandon(self) -> None:
        tell("abandon")


def serve(*_: Any) -> ScriptedService:
    return ScriptedService()


if __name__ == "__main__":
    wiring = cast("Wiring", SimpleNamespace(serve=serve))
    cli(sys.argv[2:], prog_name="the0-actors", obj=Environment(lambda: wiring))
