"""Supervised word counting: nothing about bots, only the kernel and a supervisor.

A reader hands lines to three counters. One of them meets a line it cannot read and crashes; its supervisor starts it
again, under the same name, while the others go on. Then everything stops in reverse order. Run it:

    PYTHONPATH=lib python examples/kernel_supervised_counter.py
"""

import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity
from the0_actors.supervisors.reports import Report
from the0_actors.supervisors.supervisor import Supervisor, start_root


@dataclass(frozen=True)
class Line:
    """Count the words of this."""

    text: str


@dataclass(frozen=True)
class Total:
    """Asks for the counts so far."""


class WordCounter(Actor):
    """Counts words. Keeps its counts in `shelf`, so that its successor goes on from there."""

    def __init__(self, shelf: Counter[str]) -> None:
        super().__init__()
        self.shelf = shelf

    def on_receive(self, message: Any) -> Any:
        match message:
            case Line(text):
                if "\0" in text:
                    raise ValueError("this is not text")
                self.shelf.update(text.lower().split())
                return None
            case Total():
                return Counter(self.shelf)
            case _:
                return super().on_receive(message)


def tell_what_happens(up: threading.Semaphore, report: Report) -> None:
    """Print each report; count the starts."""
    print(f"{report.child}: {report.what.value} {report.reason}".rstrip())
    if report.what is report.what.STARTED:
        up.release()


def count(lines: list[str]) -> Counter[str]:
    """Count the words of all lines with three supervised counters."""
    names, shelf_of = "abc", {name: Counter[str]() for name in "abc"}
    up, down = threading.Semaphore(0), threading.Event()
    specs = tuple(ChildSpec(name, partial(WordCounter, shelf_of[name]), backoff=Backoff(0.01, 0.1)) for name in names)
    with ThreadedSystem(workers=2) as system:
        tree = Supervisor(specs, intensity=Intensity(3, 10.0), reporter=partial(tell_what_happens, up))
        root = start_root(system, tree, lambda _end: down.set())
        counters: list[Handle] = [system.handle(f"/{name}") for name in names]
        for _ in names:
            up.acquire()  # all are up
        counters[1].tell(Line("not \0 text"))
        up.acquire()  # the second is up again
        for number, line in enumerate(lines):
            counters[number % 3].tell(Line(line))
        total = Counter[str]()
        for counter in counters:
            total += counter.ask(Total()).get(timeout=10)
        root.tell(Shutdown("done"))
        down.wait(10)
    return total


if __name__ == "__main__":
    print(count(["the quick brown fox", "jumps over the lazy dog", "the end"]).most_common(1))
