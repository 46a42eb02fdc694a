"""Logs and events, followed."""

import os
import signal
from pathlib import Path
from queue import Queue

import pytest
from tests.adapters.process.conftest import GOODBYE, box, ended, pid_of, run, up
from tests.parts.waiting import until

from the0_actors.actors.ports.engine import EngineEvent, Happening, Signal
from the0_actors.adapters.process.engine import ProcessEngine


def test_logs_follow_until_the_end(engine: ProcessEngine) -> None:
    container_id = run(engine, GOODBYE)
    parts = engine.logs(container_id, 10, follow=True)
    assert next(parts) == b"up 1\n"
    engine.signal(container_id, Signal.TERM)
    assert b"".join(parts) == b"bye\n"
    assert list(engine.logs(container_id, 1, follow=True)) == [b"bye\n"]
    assert list(engine.logs(container_id, 0, follow=False)) == []


def test_following_ends_when_the_box_is_removed(engine: ProcessEngine) -> None:
    container_id = run(engine, GOODBYE)
    parts = engine.logs(container_id, 10, follow=True)
    assert next(parts) == b"up 1\n"
    engine.signal(container_id, Signal.KILL)
    ended(engine, container_id)
    engine.remove(container_id)
    assert b"".join(parts) == b""


def test_a_death_is_told_soon(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, GOODBYE)
    up(engine, container_id)
    heard: Queue[EngineEvent] = Queue()
    watch = engine.watch(heard.put, pytest.fail)
    os.kill(pid_of(engine, container_id, tmp_path), signal.SIGKILL)
    event = heard.get(timeout=5)
    watch.close()
    assert event == EngineEvent("bot1", container_id, Happening.DIED)


def test_a_watch_that_cannot_look_says_so_once(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, GOODBYE)
    ends: Queue[str] = Queue()
    watch = engine.watch(lambda _: None, ends.put)
    record = box(engine, container_id, tmp_path) / "container.json"
    whole = record.read_text()
    record.write_text("{")
    assert "looking at the bots failed" in ends.get(timeout=5)
    record.write_text(whole)
    watch.close()
    assert ends.empty()


def test_no_zombies_stay(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, "def main(id, config): pass")
    pid = pid_of(engine, container_id, tmp_path)
    ended(engine, container_id)

    def gone() -> bool:
        engine.list()
        return not Path(f"/proc/{pid}").exists()

    until(gone, "reaped")
