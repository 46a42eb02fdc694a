"""How soon things happen with many bots present, over sockets: in quiet, and while as many others start.

Run one measurement with `python -m tests.bench.latency ours 1000`, or `… storm 1000`. An event is published to NATS as
the platform does, a document is changed beside it, an exit is the engine's. The clock that tells when an engine call
came is the engine's own, on the same host.
"""

import asyncio
import json
import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from tests.bench.child import Numbers, answer
from tests.bench.free_engine import Entry
from tests.bench.place import Place, documents, names, place
from tests.bench.storm import up
from tests.parts.platform import event

SAMPLES = 100
"""Of each kind."""
PACE = 0.1
"""Seconds from one to the next: they are not to queue behind each other."""
FEWEST = 3
"""Of each kind, also where others start sooner than that."""
PATIENCE = 300.0


@dataclass(frozen=True)
class Kind:
    """Something that happens to a bot, and what is asked of the engine because of it."""

    name: str
    cause: Callable[[Place, Client, str], "asyncio.Future[None] | None"]
    effect: Callable[[Entry], bool]
    is_new: bool = False
    """It is about a bot that was not there."""


def _tell(action: str, **config: Any) -> Callable[[Place, Client, str], "asyncio.Future[None]"]:
    def cause(_here: Place, client: Client, bot_id: str) -> "asyncio.Future[None]":
        payload = {"id": bot_id, "config": {}} if action == "deleted" else event(bot_id, **config)
        return asyncio.ensure_future(_send(client, f"the0.bot.{action}", payload))

    return cause


async def _send(client: Client, subject: str, payload: object) -> None:
    await client.publish(subject, json.dumps(payload).encode())
    await client.flush()


def _edit(here: Place, _client: Client, bot_id: str) -> None:
    here.bots.update_one({"id": bot_id}, {"$set": {"config.mark": "by hand"}})


def _exit(here: Place, _client: Client, bot_id: str) -> None:
    here.engine.exit(bot_id)


def _calls(kind: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.what == kind


KINDS = (
    Kind("created", _tell("created"), _calls("POST containers/create"), is_new=True),
    Kind("updated", _tell("updated", mark="by an event"), _calls("POST containers/*/kill")),
    Kind("deleted", _tell("deleted"), _calls("POST containers/*/kill")),
    Kind("document", _edit, _calls("POST containers/*/kill")),
    Kind("exit", _exit, lambda entry: entry.what.startswith(("GET ", "POST "))),
    Kind("again", _exit, _calls("POST containers/create")),
)


def ours(bots: int) -> Numbers:
    """Measure with so many bots present that do nothing."""
    return _measure(bots, 0)


def storm(bots: int) -> Numbers:
    """Measure while as many others start, whose documents came all at once."""
    return _measure(bots, bots)


def _measure(bots: int, others: int) -> Numbers:
    with place() as here:
        runtime = up(here, bots)
        here.engine.reset()
        if others:
            here.bots.insert_many(documents(others, prefix="other"))
        rounds = Rounds(here, bots, others)
        asyncio.run(rounds.cause())
        latencies = rounds.outcome()
        return {
            **{f"{name}_p50_ms": statistics.median(each) * 1e3 for name, each in latencies.items()},
            **{f"{name}_p99_ms": p99(each) * 1e3 for name, each in latencies.items()},
            "samples": len(latencies["exit"]),
            "doubles": here.engine.counts()["Doubles"],
            "lost": runtime.losses(),
        }


def p99(samples: list[float]) -> float:
    """Return the value that one in a hundred is above; of fewer the slowest."""
    return sorted(samples)[math.ceil(0.99 * len(samples)) - 1]


class Rounds:
    """Lets one thing of each kind happen after the other, and hears what follows."""

    def __init__(self, here: Place, bots: int, others: int) -> None:
        """With `others`, go on for as long as they start."""
        self._here = here
        self._most = min(SAMPLES, bots // len(KINDS))
        self._chosen = iter(random.Random(1).sample(names(bots), self._most * len(KINDS)))
        self._fresh = iter(names(self._most, "fresh"))
        self._storm, self._others = others > 0, others
        self._open: dict[str, tuple[Kind, float]] = {}
        """Whom something happened to that nothing followed from yet, and when."""
        self._found: dict[str, list[float]] = {kind.name: [] for kind in KINDS}

    async def cause(self) -> None:
        """Let things happen."""
        client, nats = Client(), self._here.platform.nats
        assert nats is not None
        await client.connect(nats.url)
        for number in range(self._most):
            if number >= FEWEST and self._over():
                break
            for kind in KINDS:
                began = time.time()
                await self._happen(kind, client, began)
                await asyncio.sleep(max(PACE - (time.time() - began), 0))
        await client.close()

    async def _happen(self, kind: Kind, client: Client, began: float) -> None:
        bot_id = next(self._fresh) if kind.is_new else next(self._chosen)
        self._open[bot_id] = kind, began
        if (sent := kind.cause(self._here, client, bot_id)) is not None:
            await sent

    def _over(self) -> bool:
        """Tell whether there were others to start, and all have."""
        self._hear()
        return self._storm and self._others <= 0

    def outcome(self) -> dict[str, list[float]]:
        """Return how long it took from each cause to its effect, by kind, once all are known."""
        until = time.monotonic() + PATIENCE
        while self._open:
            self._hear()
            if time.monotonic() > until:
                raise TimeoutError(f"nothing followed: {self._open}")
            time.sleep(0.1)
        return self._found

    def _hear(self) -> None:
        for entry in self._here.engine.news():
            if entry.what == "start" and entry.bot_id.startswith("other"):
                self._others -= 1
            kind, began = self._open.get(entry.bot_id, (None, 0.0))
            if kind is not None and entry.at >= began and kind.effect(entry):
                self._found[kind.name].append(entry.at - began)
                del self._open[entry.bot_id]


if __name__ == "__main__":
    answer({"ours": ours, "storm": storm})
