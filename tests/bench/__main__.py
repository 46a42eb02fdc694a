"""Run the benchmarks: `python -m tests.bench [--times N] [--quick] [--real] [--write]`.

Prints the tables; `--write` puts them into `docs/performance.md`. `--quick` takes small numbers, to see that all runs.
"""

import argparse
import sys

from tests.bench.child import ROOT, measure
from tests.bench.report import (
    BACKLOG_ROWS,
    COMMAND_LINE_ROWS,
    CONTAINERS_ROWS,
    DOCUMENTS_ROWS,
    FLEET_ROWS,
    SCHEDULES_ROWS,
    SUPERVISION_ROWS,
    actors_table,
    columns_table,
    machine,
    ratios_table,
)
from tests.parts.pages import write_between

UPDATES = 20_000
"""Events that change nothing, over a real NATS server."""
STARTS = 100
"""Containers."""
PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="The benchmarks.")
    parser.add_argument("--times", type=int, default=3, help="processes for each measurement; their median counts")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    parser.add_argument("--real", action="store_true", help="also on a real MongoDB and a real Docker Engine")
    options = parser.parse_args()
    actors, children = ((50, 100), (100, 1_000)) if options.quick else ((1_000, 10_000), (10_000, 100_000))
    measured = [measure("tests.bench.actors", ("threads", "ours"), size, options.times) for size in actors]
    measured += [measure("tests.bench.actors", ("ours",), size, options.times) for size in children[1:]]
    supervised = [measure("tests.bench.supervision", ("ours",), size, options.times)[0] for size in children]
    fleets = [measure("tests.bench.fleet", ("ours",), size, options.times)[0] for size in actors]
    spread, burst = measure("tests.bench.schedules", ("ours", "burst"), actors[1], options.times)
    (commands,) = measure("tests.bench.command_line", ("ours",), 100, options.times)
    tables = {
        "actors": actors_table((*actors, *children[1:]), measured),
        "supervision": columns_table(SUPERVISION_ROWS, "children", children, supervised),
        "fleet": columns_table(FLEET_ROWS, "bots", actors, fleets),
        "schedules": columns_table(SCHEDULES_ROWS, "schedules", actors[1:], [spread | burst]),
        "command line": ratios_table(COMMAND_LINE_ROWS, "plain_s", commands),
    }
    if options.real:
        listings = measure("tests.bench.documents", ("ours",), actors[1], options.times)
        tables["documents"] = columns_table(DOCUMENTS_ROWS, "documents", actors[1:], listings)
        behind = measure("tests.bench.backlog", ("ours",), UPDATES, options.times)
        tables["backlog"] = columns_table(BACKLOG_ROWS, "updates", (UPDATES,), behind)
        starts = measure("tests.bench.containers", ("ours",), STARTS, options.times)
        tables["containers"] = columns_table(CONTAINERS_ROWS, "containers", (STARTS,), starts)
    for name, text in tables.items():
        sys.stdout.write(f"{text}\n\n")
        if options.write:
            write_between(PAGE, name, f"{machine()}\n\n{text}")


if __name__ == "__main__":
    main()
