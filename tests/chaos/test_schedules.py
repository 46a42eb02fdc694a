"""`bot-scheduler` on real parts, killed again and again: each slot stands in one record and was started at most once.

`THE0_SCHEDULE_SECONDS` says for how long kills fall (45; 180 for the proof that a release rests on), `THE0_TEST_SEED`
when. What is checked in the end comes from three witnesses: the records in the database, the engine's events from the
first moment on, and the bots, each of which counts its runs in its state and prints the count.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.parts.docker import clean
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.platform import event
from tests.parts.runtimes import World, Worlds
from tests.parts.sight import Happened
from tests.parts.waiting import until

SECONDS = float(os.environ.get("THE0_SCHEDULE_SECONDS") or 45)
LIFE = (1.0, 12.0)
"""Seconds that a runtime lives before it is killed: the least is before it may act, the most is a slot of each."""

pytestmark = [
    pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.slow,
    pytest.mark.timeout(int(SECONDS) + 500),
]  # fmt: skip

CLI = Path(__file__).parents[1] / "integration" / "cli.py"
COUNTS = 'echo run >>"$STATE_DIR/runs"; wc -l <"$STATE_DIR/runs"\n'
ENDS = 'echo \'{"status":"success"}\' >/bot/result.json\n'
LONG = 25


@dataclass(frozen=True)
class Cadence:
    """Some of the schedules: how often they are due, and which code they run."""

    seconds: int
    count: int
    version: str
    paced: bool = False

    def expression(self, number: int) -> str:
        """Return what stands in the config. Times of day are spread, a pace begins when it is heard of."""
        return f"@every {self.seconds}s" if self.paced else f"{number % self.seconds}/{self.seconds} * * * * *"


CADENCES = (Cadence(30, 17, "1.0.0"), Cadence(40, 17, "1.0.0", paced=True), Cadence(20, 16, "1.1.0"))
"""Three starts in two seconds, which two busy cores carry. The last run longer than it is to the next slot."""


@dataclass
class Scheduler:
    """Processes of `bot-scheduler`, one after the other, in one world."""

    world: World
    mongo: Mongo
    folder: Path
    on_exit: str = "stop"
    kills: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """When each kill was sent and when the process was gone, Unix seconds."""
    _processes: list["subprocess.Popen[bytes]"] = field(default_factory=list["subprocess.Popen[bytes]"])

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        settings = self.world.settings
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DOCKER_HOST": settings.docker.host,
            "MONGO_URI": self.mongo.uri,
            "NATS_URL": settings.nats.url,
            "MINIO_ENDPOINT": settings.objects.endpoint,
            "MINIO_ACCESS_KEY": settings.objects.access_key,
            "MINIO_SECRET_KEY": settings.objects.secret_key,
            "MINIO_CODE_BUCKET": settings.objects.code_bucket,
        }
        command = [sys.executable, str(CLI), "bot-scheduler", "--listen", "127.0.0.1:0", "--log-format", "json"]
        command += ["--on-exit", self.on_exit, "--bot-stop-grace", "2s"]
        with self.log.open("ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
        self._processes.append(process)

    def lives(self, seconds: float) -> None:
        """Let it live so long."""
        with pytest.raises(subprocess.TimeoutExpired):
            self._processes[-1].wait(seconds)

    def kill(self) -> None:
        sent = time.time()
        self._processes[-1].kill()
        self._processes[-1].wait(30)
        self.kills.append((sent, time.time()))

    def end(self) -> None:
        """End it in order."""
        self._processes[-1].send_signal(signal.SIGTERM)
        assert self._processes[-1].wait(120) == 0, self.log.read_text()[-3000:]

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is recorded of each schedule, in order."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        with self.mongo.client() as client:
            for record in client["bot_scheduler"]["the0_actors_slots"].find(sort=[("due", 1)]):
                found[record["schedule"]].append(record)
        return dict(found)

    def next_due(self) -> dict[str, int]:
        """Return what stands in the documents."""
        with self.mongo.client() as client:
            return {one["id"]: one["next_execution_time"] for one in client["bot_scheduler"]["bot_schedules"].find()}

    def succeeded(self) -> Counter[str]:
        """Return how many runs of each schedule have."""
        found = self.records().items()
        return Counter({bot_id: sum(row["outcome"] == "succeeded" for row in rows) for bot_id, rows in found})

    def outcomes(self) -> Counter[str]:
        """Return how many slots stand under each outcome."""
        found: Counter[str] = Counter()
        for row in (row for rows in self.records().values() for row in rows):
            found[row["outcome"]] += row.get("count", 1)
        return found

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait(30)
        with self.mongo.client() as client:
            found = client["bot_runner"]["the0_actors_runtime"].find_one({"_id": "installation"})
        if found is not None:
            clean(self.world.sight.client, found["id"])


@pytest.fixture
def scheduler(own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path) -> Iterator[Scheduler]:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0", COUNTS + ENDS)
    world.platform.upload("1.1.0", f"{COUNTS}sleep {LONG}\n{ENDS}")
    made = Scheduler(world, own_mongo, tmp_path)
    yield made
    made.close()


def test_p09_p58_of_fifty_schedules_each_slot_is_recorded_once_and_runs_at_most_once_across_kills(
    scheduler: Scheduler, nats: Nats
) -> None:
    seed = int(os.environ.get("THE0_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"THE0_TEST_SEED={seed}\n")
    chance = random.Random(seed)
    cadences = _publish(scheduler.world, nats)
    over = time.monotonic() + SECONDS
    scheduler.start()
    while time.monotonic() < over:
        scheduler.lives(chance.uniform(*LIFE))
        scheduler.kill()
        scheduler.start()
    before = scheduler.succeeded()
    until(lambda: all(scheduler.succeeded()[one] > before[one] for one in cadences), "each runs after the last", 120)
    scheduler.end()

    records, starts = scheduler.records(), _starts(scheduler.world)
    runs, outcomes = scheduler.world.sight.count("start"), scheduler.outcomes()
    sys.stdout.write(f"slots={outcomes.total()} {runs=} kills={len(scheduler.kills)} {dict(outcomes)}\n")
    assert set(records) == set(cadences)
    for bot_id, rows in records.items():
        _expect_each_slot_once(rows, cadences[bot_id])
        assert scheduler.next_due()[bot_id] == _last(rows[-1]) + cadences[bot_id].seconds
        _expect_outcomes(rows, starts.get(bot_id, {}), scheduler.kills)
    assert scheduler.world.sight.doubled() == []
    assert scheduler.world.sight.containers() == []


def test_an_end_in_order_that_leaves_runs_alone_loses_none_that_is_just_starting(
    scheduler: Scheduler, nats: Nats
) -> None:
    ids = scheduler.world.ids(20)
    nats.publish([("the0.bot-schedule.created", _payload(bot_id, "1.0.0", "*/30 * * * * *")) for bot_id in ids])
    scheduler.on_exit = "keep"
    scheduler.start()
    until(lambda: scheduler.outcomes()["open"] >= 4, "some are claimed", 60)
    scheduler.end()
    claimed = {bot_id: rows[0]["due"] for bot_id, rows in scheduler.records().items()}
    scheduler.on_exit = "stop"
    scheduler.start()
    until(lambda: all(scheduler.succeeded()[bot_id] for bot_id in ids), "each has run", 90)
    scheduler.end()
    firsts = {bot_id: (rows[0]["due"], rows[0]["outcome"]) for bot_id, rows in scheduler.records().items()}
    assert {bot_id: firsts[bot_id] for bot_id in claimed} == {one: (due, "succeeded") for one, due in claimed.items()}
    assert scheduler.outcomes()["lost"] == 0


def _publish(world: World, nats: Nats) -> dict[str, Cadence]:
    """Have the platform say that there are schedules; return them."""
    cadences = [one for one in CADENCES for _ in range(one.count)]
    found = dict(zip(world.ids(len(cadences)), cadences, strict=True))
    payloads = [
        _payload(bot_id, one.version, one.expression(number)) for number, (bot_id, one) in enumerate(found.items())
    ]
    nats.publish([("the0.bot-schedule.created", payload) for payload in payloads])
    return found


def _payload(bot_id: str, version: str, schedule: str) -> bytes:
    return json.dumps(event(bot_id, version, schedule=schedule)).encode()


def _starts(world: World) -> dict[str, dict[int, list[Happened]]]:
    """Return the engine's starts, by schedule and slot."""
    found: dict[str, dict[int, list[Happened]]] = defaultdict(lambda: defaultdict(list))
    for one in world.sight.events("start"):
        found[one.bot_id][int(one.reason.removeprefix("due at "))].append(one)
    return found


def _last(record: Mapping[str, Any]) -> int:
    return int(record.get("last") or record["due"])


def _expect_each_slot_once(rows: list[dict[str, Any]], cadence: Cadence) -> None:
    slots = [slot for row in rows for slot in range(row["due"], _last(row) + 1, cadence.seconds)]
    assert slots == list(range(slots[0], slots[-1] + 1, cadence.seconds)), rows
    assert sum(row.get("count", 1) for row in rows) == len(slots), rows


def _expect_outcomes(
    rows: list[dict[str, Any]], starts: Mapping[int, list[Happened]], kills: list[tuple[float, float]]
) -> None:
    """Hold what is recorded of one schedule against what the engine and the bot say."""
    assert set(starts) <= {row["due"] for row in rows if row["outcome"] in {"succeeded", "lost"}}, (rows, starts)
    printed: list[int] = []
    for row in rows:
        started = starts.get(row["due"], [])
        match row["outcome"]:
            case "succeeded":
                assert len(started) == 1, (row, started)
                assert (row["exit_code"], row["result"]) == (0, "stored"), row
                printed.append(int(row["log_tail"]))
            case "lost":
                claimed = row["claimed_at"].replace(tzinfo=UTC).timestamp()
                assert any(claimed <= gone and all(one.at >= sent for one in started) for sent, gone in kills), row
            case "missed" | "skipped":
                assert not started, (row, started)
            case other:
                pytest.fail(f"{other}: {row}")
    assert len(printed) <= printed[-1] <= sum(map(len, starts.values())), (printed, rows)
    assert all(one < other for one, other in pairwise(printed)), printed
