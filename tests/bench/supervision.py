"""Supervision of very many children: starting them, one crash among them, an ordered stop, and their memory.

Run one measurement with `python -m tests.bench.supervision ours 10000`.
"""

import gc
import threading
import time
from typing import Any

from tests.bench.child import Numbers, answer, resident

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild
from the0_actors.supervisors.reports import Report, What


class Child(Actor):
    def on_receive(self, message: Any) -> Any:
        raise ValueError("as told")


class Starts:
    """Waits for so many starts."""

    def __init__(self, wanted: int) -> None:
        self.seen, self.wanted = 0, wanted
        self.reached = threading.Event()

    def note(self, report: Report) -> None:
        if report.what is What.STARTED:
            self.seen += 1
            if self.seen == self.wanted:
                self.reached.set()

    def wait_for(self, wanted: int) -> None:
        self.wanted = wanted
        if self.seen < wanted:
            self.reached.wait()
        self.reached.clear()


def ours(children: int) -> Numbers:
    system = ThreadedSystem(workers=4)
    starts, ended, root = Starts(children), threading.Event(), system.handle("/")
    intensity = Intensity(10, 60.0)
    system.spawn(root, lambda: DynamicSupervisor(intensity=intensity, reporter=starts.note), lambda _end: ended.set())
    gc.collect()
    before, began = resident(), time.perf_counter()
    for number in range(children):
        root.tell(StartChild(ChildSpec(f"{number:06}", Child, backoff=Backoff(0.0, 0.0))))
    starts.wait_for(children)
    started = time.perf_counter()
    gc.collect()
    memory = (resident() - before) / children
    began_crash = time.perf_counter()
    system.handle(f"/{children // 2:06}").tell("crash")
    starts.wait_for(children + 1)
    restarted = time.perf_counter()
    root.tell(Shutdown("the end of the benchmark"))
    ended.wait()
    stopped = time.perf_counter()
    return {
        "start_s": started - began,
        "crash_ms": (restarted - began_crash) * 1e3,
        "stop_s": stopped - restarted,
        "memory_bytes": memory,
    }


if __name__ == "__main__":
    answer({"ours": ours})
