"""Half a minute in which nothing happens, and one in which one bot in a hundred changes, over sockets.

Run one measurement with `python -m tests.bench.quiet ours 100`, or `… changes 5000`. A listing of all documents falls
into it, as `--reconcile-interval` is half a minute.
"""

import time
from typing import Any

from tests.bench.child import Numbers, answer
from tests.bench.free_engine import is_steady
from tests.bench.place import Place, names, place
from tests.bench.storm import up

HALF_A_MINUTE = 30.0
STILL = 5.0
"""Seconds without an engine call about a bot after which a start is over."""
PATIENCE = 90.0


def ours(bots: int) -> Numbers:
    """Measure while nothing happens."""
    return _measure(bots, 0)


def changes(bots: int) -> Numbers:
    """Measure while one in a hundred changes, one after the other."""
    return _measure(bots, max(bots // 100, 1))


def _measure(bots: int, changed: int) -> Numbers:
    with place() as here:
        runtime = up(here, bots)
        _await_stillness(here)
        here.engine.reset()
        cpu, reads = runtime.cpu(), _database_calls(here)
        _pass(here, changed)
        cpu, reads = runtime.cpu() - cpu, _database_calls(here) - reads
        counts = here.engine.counts()
        steady = sum(number for kind, number in counts["Calls"].items() if is_steady(kind))
        return {
            "cpu_s": cpu,
            "calls": sum(counts["Calls"].values()) - steady,
            "steady_calls": steady,
            "database_calls": reads,
            "memory_bytes": runtime.memory(),
            "replaced": counts["Started"],
            "doubles": counts["Doubles"],
            "lost": runtime.losses(),
            **{f"calls of {kind}": number for kind, number in counts["Calls"].items()},
        }


def _pass(here: Place, changed: int) -> None:
    """Let the time pass, and so many bots change meanwhile."""
    began = time.monotonic()
    for number, bot_id in enumerate(names(changed)):
        time.sleep(max(began + HALF_A_MINUTE * number / changed - time.monotonic(), 0))
        here.platform.updated(bot_id, mark="changed")
    time.sleep(max(began + HALF_A_MINUTE - time.monotonic(), 0))


def _await_stillness(here: Place) -> None:
    """Wait until a start's last looks are over."""
    until, calls, since = time.monotonic() + PATIENCE, -1, time.monotonic()
    while time.monotonic() - since < STILL:
        if (now := here.engine.counts()["Bots"]) != calls:
            calls, since = now, time.monotonic()
        if time.monotonic() > until:
            return  # it is never still, which the figures show
        time.sleep(0.5)


def _database_calls(here: Place) -> int:
    """Return how many commands the server has had."""
    counters: dict[str, Any] = here.database.admin.command("serverStatus")["opcounters"]
    return sum(int(value) for value in counters.values() if isinstance(value, int))


if __name__ == "__main__":
    answer({"ours": ours, "changes": changes})
