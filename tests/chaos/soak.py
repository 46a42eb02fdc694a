"""Fifty bots that are edited and crash for a long time; nothing that we use may grow meanwhile.

None is deleted: what a deleted bot kept stays for a week, so volumes would grow by design.
"""

import random
import re
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import docker
from tests.chaos.checker import Checker
from tests.chaos.gauges import GAUGES, Sample, drift, read
from tests.chaos.stage import stage
from tests.chaos.users import Users
from tests.parts.pages import table
from tests.parts.waiting import until

BOTS = 50
EVERY = 10.0
"""Seconds between two readings."""
GROWTH = 0.10
"""What is above this share of growth, from the second quarter to the last, is told as growth."""
_BARS = "▁▂▃▄▅▆▇█"


def soak(folder: Path, seconds: float, seed: int) -> tuple[str, bool]:
    """Run one; return the page's text, and whether everything stayed flat and nobody ran twice."""
    chance, prefix = random.Random(seed), f"k{secrets.token_hex(3)}-"
    with stage(folder, instances=1) as parts, Checker(prefix) as checker:
        users = Users(parts.nats, prefix, chance, fewest=BOTS)
        (runtime,) = parts.runtimes
        client = docker.APIClient(base_url=parts.engine.settings.host, timeout=60)
        users.fill()
        until(lambda: len(checker.alive()) == BOTS, "all bots run", 120)
        found = re.search(r"http://127\.0\.0\.1:\d+", runtime.log.read_text())
        assert found is not None
        began, samples, done = time.monotonic(), list[Sample](), dict[str, int]()
        while (now := time.monotonic() - began) < seconds:
            if not samples or now - samples[-1].at >= EVERY:
                with suppress(FileNotFoundError):  # a file that went while it was read
                    samples.append(read(now, runtime.pid, found[0], client, folder / ".local"))
                sys.stdout.write(f"{now:7.1f}  {samples[-1].values}  {done}\n")
                sys.stdout.flush()
            act = users.crash(checker) if chance.random() < 0.3 else users.edit()
            done[act.split()[0]] = done.get(act.split()[0], 0) + 1
            checker.pause(chance.uniform(0.2, 1.5))
        client.close()
    grown = [name for gauge, name in enumerate(GAUGES) if drift(samples, gauge) > GROWTH]
    acts = ", ".join(f"{count} {what}" for what, count in sorted(done.items()))
    head = (
        f"{seconds / 60:g} minutes, {BOTS} bots, seed {seed}: {acts}; {checker.looks} looks, {len(checker.doubles)} "
        f"doubles; grown: {', '.join(grown) or 'nothing'}."
    )
    return f"{head}\n\n{_plots(samples)}", not grown and not checker.doubles


def _plots(samples: Sequence[Sample]) -> str:
    rows: list[list[str]] = []
    for gauge, name in enumerate(GAUGES):
        values = [sample.values[gauge] for sample in samples]
        rows.append([name, _plot(values), *(f"{value:,.0f}" for value in (min(values), max(values), values[-1]))])
    return table(["", "from the first minute to the last, from zero up", "least", "most", "at the end"], rows)


def _plot(values: Sequence[float], width: int = 60) -> str:
    step = max(len(values) / width, 1.0)
    taken = [values[int(index * step)] for index in range(min(width, len(values)))]
    top = max(*taken, 1.0)
    return "`" + "".join(_BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)] for value in taken) + "`"
