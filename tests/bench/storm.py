"""From an empty engine to all running, over sockets: how long, at what cost, and whether anything was done for nothing.

Run one measurement with `python -m tests.bench.storm ours 1000`. `own` gives each bot code of its own; `slow` is an
engine whose starts take half a second, four at a time; `restart` ends a runtime and measures the next one.
"""

import time
from collections.abc import Callable

from tests.bench.child import Numbers, answer
from tests.bench.free_engine import Costs, is_steady
from tests.bench.place import VERSION, Ours, Place, documents, place

from the0_actors.actors.ports.status import Phase

PATIENCE = 600.0
SLOW = Costs(start=0.5, at_once=4)


def ours(bots: int) -> Numbers:
    """Measure bots that share one code."""
    with place() as here:
        return from_empty(here, bots)


def own(bots: int) -> Numbers:
    """Measure bots each of which has code of its own."""
    with place() as here:
        return from_empty(here, bots, version_of_its_own)


def slow(bots: int) -> Numbers:
    """Measure an engine that takes its time."""
    with place(SLOW) as here:
        return from_empty(here, bots)


def restart(bots: int) -> Numbers:
    """Measure how soon a runtime acts that finds all running."""
    with place() as here:
        up(here, bots).end()
        here.engine.reset()
        began = time.time()
        runtime = here.run()
        here.platform.created("new")
        here.engine.await_running(bots + 1, PATIENCE)
        acted = next(one.at for one in here.engine.news() if one.what == "POST containers/create")
        cpu, counts = runtime.cpu(), here.engine.counts()
        await_reported(runtime, bots + 1)
        return {
            "acts_s": acted - began,
            "cpu_s": cpu,
            "calls": sum(number for kind, number in counts["Calls"].items() if not is_steady(kind)),
            "starts": counts["Started"] - 1,
            "stops": counts["Stopped"],
            "peak_bytes": runtime.memory("VmHWM"),
            "lost": runtime.losses(),
        }


def up(here: Place, bots: int) -> Ours:
    """Have so many bots run; return their runtime."""
    here.platform.upload(VERSION)
    here.bots.insert_many(documents(bots))
    runtime = here.run()
    here.engine.await_running(bots, PATIENCE)
    await_reported(runtime, bots)
    return runtime


def version_of_all(_number: int) -> str:
    """Return the one version."""
    return VERSION


def version_of_its_own(number: int) -> str:
    """Return a version that no other bot has."""
    return f"1.0.{number}"


def from_empty(here: Place, bots: int, version: Callable[[int], str] = version_of_all) -> Numbers:
    """Measure until all documents have a bot that runs."""
    for one in {version(number) for number in range(bots)}:
        here.platform.upload(one)
    here.bots.insert_many(documents(bots, version))
    began = time.time()
    runtime = here.run()
    here.engine.await_running(bots, PATIENCE)
    cpu = runtime.cpu()
    starts = [one.at for one in here.engine.news() if one.what == "start"]
    await_reported(runtime, bots)
    reported, counts = time.time() - began, here.engine.counts()
    per_start = {kind: number for kind, number in counts["Calls"].items() if not is_steady(kind)}
    return {
        "up_s": starts[bots - 1] - began,
        "first_s": starts[0] - began,
        "reported_s": reported,
        "cpu_s": cpu,
        "calls_per_start": sum(per_start.values()) / bots,
        "for_nothing": counts["Started"] + counts["Void"] - bots,
        "doubles": counts["Doubles"],
        "unknown": counts["Unknown"],
        "lost": runtime.losses(),
        "peak_bytes": runtime.memory("VmHWM"),
        **{f"calls of {kind}": number / bots for kind, number in per_start.items()},
    }


def await_reported(runtime: Ours, bots: int) -> None:
    """Wait until a runtime says of so many bots that they run."""
    until = time.monotonic() + PATIENCE
    while (run := sum(one.phase is Phase.RUNNING for one in runtime.status().bots)) != bots:
        if time.monotonic() > until:
            raise TimeoutError(f"{run} of {bots} are said to run")
        time.sleep(0.2)


if __name__ == "__main__":
    answer({"ours": ours, "own": own, "slow": slow, "restart": restart})
