"""Actors at work: starting, telling, asking, stopping and their memory, pykka's threads beside our pool.

Run one measurement with `python -m tests.bench.actors ours 1000` or `… threads 1000`.
"""

import gc
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pykka
from tests.bench.child import Numbers, answer, resident

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.threaded import ThreadedSystem

ROUNDS = 2
"""How often each actor is told something in the spread."""
TO_ONE = 20_000
ASKS = 2_000


class Tally:
    """Counts what was handled, from any thread, and says when it is enough."""

    def __init__(self) -> None:
        self.count = itertools.count(1)
        self.enough = 0
        self.done = threading.Event()

    def expect(self, number: int) -> None:
        self.count, self.enough = itertools.count(1), number
        self.done.clear()

    def handle(self) -> None:
        if next(self.count) == self.enough:
            self.done.set()


TALLY = Tally()


class Threaded(pykka.ThreadingActor):
    use_daemon_thread = True

    def on_receive(self, message: Any) -> Any:
        TALLY.handle()
        return message


class Pooled(Actor):
    def on_receive(self, message: Any) -> Any:
        TALLY.handle()
        return message


class Reference(Protocol):
    """A handle or pykka's reference."""

    def tell(self, message: object) -> object: ...


def threads(actors: int) -> Numbers:
    refs: list[pykka.ActorRef[Threaded]] = []

    def start() -> None:
        refs.extend(Threaded.start() for _ in range(actors))

    def stop() -> None:
        pykka.ActorRegistry.stop_all()

    return _measure(start, refs, lambda ref: ref.ask(1), stop, actors)


def ours(actors: int) -> Numbers:
    system = ThreadedSystem(workers=4)
    handles: list[Handle] = []
    left = itertools.count(1)
    stopped = threading.Event()

    def count_end(_end: object) -> None:
        if next(left) == actors:
            stopped.set()

    def start() -> None:
        for number in range(actors):
            handles.append(system.handle(f"/{number}"))
            system.spawn(handles[-1], Pooled, count_end)
        handles[-1].ask(0).get()

    def stop() -> None:
        for handle in handles:
            handle.tell(Shutdown("the end of the benchmark"))
        stopped.wait()

    return _measure(start, handles, lambda handle: handle.ask(1).get(), stop, actors)


def _measure(
    start: Callable[[], None],
    references: Sequence[Any],
    ask: Callable[[Any], object],
    stop: Callable[[], None],
    actors: int,
) -> Numbers:
    gc.collect()
    before = resident()
    started = _seconds(start)
    gc.collect()
    memory = (resident() - before) / actors
    spread = _seconds(lambda: _tell([reference for _ in range(ROUNDS) for reference in references]))
    one = _seconds(lambda: _tell([references[-1]] * TO_ONE))
    asked = _seconds(lambda: [ask(reference) for reference in itertools.islice(itertools.cycle(references), ASKS)])
    return {
        "start_s": started,
        "memory_bytes": memory,
        "spread_per_s": ROUNDS * actors / spread,
        "one_per_s": TO_ONE / one,
        "ask_us": asked / ASKS * 1e6,
        "stop_s": _seconds(stop),
    }


def _tell(references: Sequence[Reference]) -> None:
    TALLY.expect(len(references))
    for reference in references:
        reference.tell(1)
    TALLY.done.wait()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    answer({"threads": threads, "ours": ours})
