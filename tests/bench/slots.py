"""Very many schedules over sockets: how soon a run begins that is due, and how long a thousand at once take.

`ours` spreads their times evenly over ten minutes, `burst` has all of them due in one second. Run one measurement with
`python -m tests.bench.slots burst 1000`.
"""

import random
import statistics
import time
from typing import Any

from tests.bench.child import Numbers, answer
from tests.bench.latency import p99
from tests.bench.place import VERSION, Ours, Place, names, place
from tests.parts.documents import created
from tests.parts.platform import code_key

from the0_actors.actors.domain.schedules import NEXT
from the0_actors.actors.domain.stored_schedules import first_due, schedule_members

SPREAD = 600
"""Seconds over which schedules are spread: each runs every ten minutes."""
MINUTE = 60.0
"""For how long runs are counted."""
LEAD = 20.0
"""Seconds from the start to a burst, and one more for each of `LED`."""
LED = 100
PATIENCE = 600.0
_CREATE = "POST containers/create"


def ours(schedules: int) -> Numbers:
    """Measure with so many schedules present."""
    chosen = list(range(SPREAD)) * (schedules // SPREAD + 1)
    random.Random(1).shuffle(chosen)  # ids say nothing of times
    seconds = dict(zip(names(schedules), chosen, strict=False))
    with place() as here:
        began = time.time()
        runtime = _started(here, {name: f"{at % 60} {at // 60}/10 * * * *" for name, at in seconds.items()})
        _await_known(runtime, schedules, time.time() + PATIENCE)
        up = time.time() - began
        here.engine.reset()
        cpu, since = runtime.cpu(), time.time()
        time.sleep(MINUTE)
        runs = [one for one in here.engine.news() if one.what == _CREATE]
        lags = [(one.at, (one.at - seconds[one.bot_id]) % SPREAD) for one in runs]
        late = [lag for at, lag in lags if at - lag > since]  # others were due before all were known
        return {
            "up_s": up,
            "due_p50_ms": statistics.median(late) * 1e3,
            "due_p99_ms": p99(late) * 1e3,
            "runs": len(late),
            "cpu_s": runtime.cpu() - cpu,
            "calls_per_run": here.engine.counts()["Bots"] / len(runs),
            "peak_bytes": runtime.memory("VmHWM"),
            "lost": runtime.losses(),
        }


def burst(schedules: int) -> Numbers:
    """Measure from the second in which all are due until all have started."""
    lead = LEAD + schedules / LED
    while (numbers := _burst(schedules, lead)) is None:
        lead *= 2  # a busy machine: not all were known when they were due
    return numbers


def _burst(schedules: int, lead: float) -> Numbers | None:
    with place() as here:
        due = int(time.time() + lead)
        at = time.gmtime(due)
        expression = f"{at.tm_sec} {at.tm_min} {at.tm_hour} * * *"
        runtime = _started(here, dict.fromkeys(names(schedules), expression))
        if not _await_known(runtime, schedules, due):
            return None
        cpu = runtime.cpu()
        starts: list[float] = []
        until = time.monotonic() + PATIENCE
        while len(starts) < schedules:
            time.sleep(0.1)
            starts += [one.at for one in here.engine.news() if one.what == "start"]
            if time.monotonic() > until:
                raise TimeoutError(f"{len(starts)} of {schedules} runs started")
        counts = here.engine.counts()
        return {
            "burst_s": max(starts) - due,
            "burst_cpu_s": runtime.cpu() - cpu,
            "burst_for_nothing": counts["Started"] + counts["Void"] - schedules,
            "burst_doubles": counts["Doubles"],
            "burst_lost": runtime.losses(),
        }


def _started(here: Place, expressions: dict[str, str]) -> Ours:
    here.platform.upload(VERSION)
    now = time.time()
    here.schedules.insert_many([_document(name, text, now) for name, text in expressions.items()])
    return here.run()


def _document(bot_id: str, expression: str, now: float) -> dict[str, Any]:
    """Return what the platform stores of a schedule."""
    event = created(bot_id, schedule=expression)
    members = schedule_members(event)
    members["custom"] |= {"version": VERSION, "filePath": code_key(VERSION)}
    return {"id": bot_id, "segment_id": -1, "enabled": True, **members, NEXT: first_due(members, now)}


def _await_known(runtime: Ours, schedules: int, until: float) -> bool:
    """Wait until a runtime knows so many; False when that was too late."""
    while len(runtime.seen()) < schedules:
        if time.time() > until - 1.0:
            return False
        time.sleep(0.5)
    return True


if __name__ == "__main__":
    answer({"ours": ours, "burst": burst})
