"""`bot-scheduler` on real parts: schedules that come as events, runs in containers, kills of ourselves (P09, P58)."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.parts.docker import clean
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.platform import event
from tests.parts.runtimes import World, Worlds
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]

SCRIPT = 'echo \'{"status":"success"}\' >/bot/result.json; echo done\n'


class Scheduler:
    """Processes of `bot-scheduler`, one after the other, in one world."""

    def __init__(self, world: World, mongo: Mongo, folder: Path) -> None:
        self._world, self._mongo, self._folder = world, mongo, folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        settings, log = self._world.settings, self._folder / "log"
        with log.open("ab") as out:
            self._processes.append(
                subprocess.Popen(
                    [
                        sys.executable, str(Path(__file__).with_name("cli.py")), "bot-scheduler",
                        "--listen", "127.0.0.1:0", "--log-format", "json", "--bot-stop-grace", "2s",
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env={
                        "PATH": os.environ["PATH"],
                        "HOME": str(self._folder),
                        "PYTHONPATH": os.pathsep.join(sys.path),
                        "DOCKER_HOST": settings.docker.host,
                        "MONGO_URI": self._mongo.uri,
                        "NATS_URL": settings.nats.url,
                        "MINIO_ENDPOINT": settings.objects.endpoint,
                        "MINIO_ACCESS_KEY": settings.objects.access_key,
                        "MINIO_SECRET_KEY": settings.objects.secret_key,
                        "MINIO_CODE_BUCKET": settings.objects.code_bucket,
                    },
                )
            )  # fmt: skip

    def kill(self) -> None:
        self._processes[-1].send_signal(signal.SIGKILL)
        self._processes[-1].wait(30)

    def end(self) -> int:
        self._processes[-1].send_signal(signal.SIGTERM)
        return self._processes[-1].wait(60)

    def records(self) -> list[dict[str, Any]]:
        with self._mongo.client() as client:
            return list(client["bot_scheduler"]["the0_actors_slots"].find())

    def succeeded(self) -> Counter[str]:
        return Counter(record["schedule"] for record in self.records() if record["outcome"] == "succeeded")

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait(30)
        with self._mongo.client() as client:
            found = client["bot_runner"]["the0_actors_runtime"].find_one({"_id": "installation"})
        if found is not None:
            clean(self._world.sight.client, found["id"])


@pytest.fixture
def scheduler(own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path) -> Iterator[Scheduler]:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0", SCRIPT)
    made = Scheduler(world, own_mongo, tmp_path)
    yield made
    made.close()


def _more(scheduler: Scheduler, before: Counter[str]) -> bool:
    now = scheduler.succeeded()
    return all(now[one] > count for one, count in before.items())


def test_p58_each_slot_of_real_schedules_runs_once_across_kills_of_ours(scheduler: Scheduler, nats: Nats) -> None:
    cadences = ("*/5 * * * * *", "@every 7s", "*/9 * * * * *")
    ids = [f"schedule-{number}" for number in range(6)]
    payloads = [event(bot_id, schedule=cadences[number % 3]) for number, bot_id in enumerate(ids)]
    nats.publish([("the0.bot-schedule.created", json.dumps(payload).encode()) for payload in payloads])
    scheduler.start()
    until(lambda: len(scheduler.succeeded()) == 6, "each has run", 90)
    for _ in range(3):
        scheduler.kill()
        before = scheduler.succeeded()
        scheduler.start()
        until(partial(_more, scheduler, before), "each runs again", 90)
    assert scheduler.end() == 0
    spans: dict[str, list[tuple[int, int]]] = {}
    for record in scheduler.records():
        spans.setdefault(record["schedule"], []).append((record["due"], record.get("last") or record["due"]))
    for rows in spans.values():
        rows.sort()
        assert all(one[1] < other[0] for one, other in pairwise(rows))
    (found, *_) = (record for record in scheduler.records() if record["outcome"] == "succeeded")
    assert (found["exit_code"], found["log_tail"], found["result"]) == (0, "done\n", "stored")
