"""An engine of plain processes, and what these tests ask it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.parts.bots import SEARCH_PATH, spec
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Fresh, Signal
from the0_actors.adapters.process.engine import ProcessEngine

GOODBYE = """
import os, time
def main(id, config):
    try:
        print('up', os.environ['BOT_INCARNATION'], flush=True)
        time.sleep(60)
    finally:
        print('bye')
"""
DAEMON = """
import os, time
def main(id, config):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""


def package(script: str) -> MemoryPackage:
    return MemoryPackage({"main.py": script.encode(), "data/x.bin": b"x", "run": b"#!/bin/sh\n"}, frozenset({"run"}))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ProcessEngine]:
    made = ProcessEngine(tmp_path / "engine", "ours", search_path=SEARCH_PATH)
    yield made
    for one in made.list():
        made.signal(one.container_id, Signal.KILL)


def run(engine: ProcessEngine, script: str, birth: Birth = Birth(), **changes: object) -> str:
    """Store, create, start."""
    code, bot = package(script), spec(**changes)
    engine.store_code(code)
    container_id = engine.create(Fresh(bot, code.digest), birth)
    engine.start(container_id)
    return container_id


def printed(engine: ProcessEngine, container_id: str) -> str:
    return b"".join(engine.logs(container_id, 1000, follow=False)).decode()


def look(engine: ProcessEngine, container_id: str) -> Observed:
    found = engine.look(container_id)
    assert found is not None
    return found


def ended(engine: ProcessEngine, container_id: str) -> Observed:
    until(lambda: look(engine, container_id).status is Status.EXITED, "the end")
    return look(engine, container_id)


def up(engine: ProcessEngine, container_id: str) -> None:
    until(lambda: printed(engine, container_id), "the bot prints")


def box(engine: ProcessEngine, container_id: str, tmp_path: Path) -> Path:
    return tmp_path / "engine/containers" / look(engine, container_id).name


def pid_of(engine: ProcessEngine, container_id: str, tmp_path: Path) -> int:
    return int(json.loads((box(engine, container_id, tmp_path) / "process.json").read_text())["pid"])


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False
