"""The sections of the benchmark: what each measures, over what, at which sizes, and how its table is made.

*In process*: the database and the engine are objects beside the runtime, which cost nothing. *Over sockets*: every
part is a process of its own, spoken to as in production; the engine is the one of `free_engine`.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.bench import report
from tests.bench.child import measure
from tests.bench.free_engine import hindrance
from tests.bench.report import Rows, actors_table, columns_table, ratios_table

Sizes = tuple[int, ...]


def _nothing() -> str:
    return ""


@dataclass(frozen=True)
class Section:
    """One table."""

    name: str
    """That of its markers in the page."""
    over: str
    """What it runs over."""
    sizes: Sizes
    table: Callable[[Sizes, int], str]
    """Measure these sizes so many times; return the table."""
    quick: Sizes
    large: Sizes = ()
    """What comes beside `sizes` where it is asked for."""
    real: bool = False
    """It needs a Docker Engine or servers."""
    hindrance: Callable[[], str] = _nothing
    """Why it cannot be measured here; empty when it can."""

    def chosen(self, words: Iterable[str], *, quick: bool, large: bool) -> Sizes:
        """Return the sizes whose name has all these words in it."""
        wanted = {word.replace(",", "").lower() for word in words}
        name = f"{self.name} {self.over}".replace(",", "").lower().split()
        sizes = self.quick if quick else (*self.sizes, *(self.large if large else ()))
        return tuple(size for size in sizes if wanted <= {*name, str(size)})


def missing(section: Section) -> str:
    """Return why a section is left out here, or nothing. Where CI is set it must not be."""
    reason = section.hindrance()
    if reason and os.environ.get("CI"):
        raise SystemExit(f"{section.name}: {reason}")
    return reason


def _columns(rows: Rows, what: str, module: str, names: Sequence[str] = ("ours",)) -> Callable[[Sizes, int], str]:
    """Return how a table is made that has a column for each size; figures of several names are put together."""

    def table(sizes: Sizes, times: int) -> str:
        measured = [measure(f"tests.bench.{module}", names, size, times) for size in sizes]
        return columns_table(rows, what, sizes, [{k: v for one in each for k, v in one.items()} for each in measured])

    return table


def _actors(sizes: Sizes, times: int) -> str:
    # A thread for each of a hundred thousand is more than a machine has.
    measured = [
        measure("tests.bench.actors", ("threads", "ours") if size <= 10_000 else ("ours",), size, times)
        for size in sizes
    ]
    return actors_table(sizes, measured)


def _commands(sizes: Sizes, times: int) -> str:
    (commands,) = measure("tests.bench.command_line", ("ours",), sizes[0], times)
    return ratios_table(report.COMMAND_LINE_ROWS, "plain_s", commands)


IN_PROCESS, SOCKETS = "in process", "over sockets"


def _sockets(
    name: str, rows: Rows, what: str, module: str, measurement: str, sizes: Sizes, quick: Sizes, large: Sizes = ()
) -> Section:
    table = _columns(rows, what, module, (measurement,))
    return Section(name, SOCKETS, sizes, table, quick, large, real=True, hindrance=hindrance)


SECTIONS = (
    Section("actors", IN_PROCESS, (1_000, 10_000, 100_000), _actors, (50, 100, 1_000)),
    Section(
        "supervision",
        IN_PROCESS,
        (10_000, 100_000),
        _columns(report.SUPERVISION_ROWS, "children", "supervision"),
        (100, 1_000),
    ),
    Section("fleet", IN_PROCESS, (1_000, 10_000), _columns(report.FLEET_ROWS, "bots", "fleet"), (50, 100)),
    Section(
        "schedules",
        IN_PROCESS,
        (10_000,),
        _columns(report.SCHEDULES_ROWS, "schedules", "schedules", ("ours", "burst")),
        (100,),
    ),
    Section("command line", "whole processes", (100,), _commands, (100,)),
    Section("calls", "a socket", (5_000,), _columns(report.CALLS_ROWS, "calls", "calls"), (500,)),
    Section(
        "documents",
        "a real database",
        (10_000,),
        _columns(report.DOCUMENTS_ROWS, "documents", "documents"),
        (100,),
        real=True,
    ),
    Section(
        "backlog",
        "a real database and NATS",
        (20_000,),
        _columns(report.BACKLOG_ROWS, "updates", "backlog"),
        (200,),
        real=True,
    ),
    Section(
        "containers",
        "a real Docker Engine",
        (100,),
        _columns(report.CONTAINERS_ROWS, "containers", "containers"),
        (3,),
        real=True,
    ),
    _sockets("from empty", report.STORM_ROWS, "bots", "storm", "ours", (100, 1_000), (10,), (5_000, 10_000)),
    _sockets("own code", report.STORM_ROWS, "bots", "storm", "own", (300,), (5,)),
    _sockets("slow engine", report.STORM_ROWS, "bots", "storm", "slow", (400,), (10,)),
    _sockets("restart", report.RESTART_ROWS, "bots", "storm", "restart", (1_000,), (10,), (5_000,)),
    _sockets("latency", report.LATENCY_ROWS, "bots present", "latency", "ours", (1_000,), (12,), (10_000,)),
    _sockets("latency in a storm", report.LATENCY_ROWS, "bots present", "latency", "storm", (1_000,), (24,)),
    _sockets("quiet", report.QUIET_ROWS, "bots", "quiet", "ours", (100,), (10,), (5_000,)),
    _sockets("one in a hundred changes", report.QUIET_ROWS, "bots", "quiet", "changes", (100,), (10,), (5_000,)),
    _sockets("due at once", report.BURST_ROWS, "schedules", "slots", "burst", (1_000,), (10,)),
    _sockets("due in turn", report.SLOTS_ROWS, "schedules", "slots", "ours", (1_000,), (700,), (10_000,)),
)
