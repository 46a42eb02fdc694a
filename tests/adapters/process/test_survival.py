"""Killed runtimes, many that act at once, children that left, and reused pids."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.adapters.process.conftest import DAEMON, GOODBYE, box, ended, lives, look, package, pid_of, printed, run, up
from tests.parts.bots import SEARCH_PATH, spec
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import NameTaken, Refused, Unavailable
from the0_actors.actors.ports.engine import Fresh, Signal
from the0_actors.adapters.process.engine import ProcessEngine

RUNTIME = """
import os, sys
from pathlib import Path
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.ports.engine import Fresh
from the0_actors.adapters.process.engine import ProcessEngine
engine = ProcessEngine(Path(sys.argv[1]), "ours", search_path=sys.argv[2])
spec = LaunchSpec("bot1", Kind.REALTIME, "python3.11", "main.py", "user/bot/1.0.0", "1.0.0", "{}")
container_id = engine.create(Fresh(spec, sys.argv[3]), Birth(incarnation=5, reason="why"))
engine.start(container_id)
print(container_id, flush=True)
os.kill(os.getpid(), 9)
"""


def test_p04_bots_survive_a_killed_runtime_and_are_adopted(engine: ProcessEngine, tmp_path: Path) -> None:
    code = package(GOODBYE)
    engine.store_code(code)
    command = [sys.executable, "-c", RUNTIME, str(tmp_path / "engine"), SEARCH_PATH, code.digest]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(["lib", *sys.path])}
    dead = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=30)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    container_id = dead.stdout.split()[-1]
    up(engine, container_id)
    (found,) = engine.list()
    assert (found.container_id, found.status) == (container_id, Status.RUNNING)
    assert found.birth == Birth(incarnation=5, reason="why")
    assert found.fingerprint == engine.fingerprint(spec(), code.digest)
    engine.signal(container_id, Signal.TERM)
    seen = ended(engine, container_id)
    assert seen.exit is not None
    assert seen.exit.code == 0


def test_a_runtime_killed_before_the_process_is_on_record_leaves_nothing_running(
    engine: ProcessEngine, tmp_path: Path
) -> None:
    """The bot waits for a word that only comes after the record: end of file instead ends it."""
    code = package("def main(id, config): print('ran')")
    engine.store_code(code)
    container_id = engine.create(Fresh(spec(), code.digest), Birth())
    folder = box(engine, container_id, tmp_path)
    (folder / "process.json").mkdir()  # the record cannot be written
    with pytest.raises(Unavailable):
        engine.start(container_id)
    (folder / "process.json").rmdir()
    assert look(engine, container_id).status is Status.CREATED
    assert printed(engine, container_id) == ""
    engine.start(container_id)
    ended(engine, container_id)
    assert printed(engine, container_id) == "ran\n"


def test_p03_started_by_many_it_runs_once(engine: ProcessEngine) -> None:
    code = package(GOODBYE)
    engine.store_code(code)
    container_id = engine.create(Fresh(spec(), code.digest), Birth())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.start, [container_id] * 8))
    up(engine, container_id)
    engine.signal(container_id, Signal.TERM)
    ended(engine, container_id)
    assert printed(engine, container_id) == "up 1\nbye\n"


def test_p03_created_by_many_there_is_one(engine: ProcessEngine) -> None:
    code = package(GOODBYE)
    engine.store_code(code)

    def create(_: int) -> str | None:
        try:
            return engine.create(Fresh(spec(), code.digest), Birth())
        except NameTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [one for one in pool.map(create, range(16)) if one]
    assert [one.container_id for one in engine.list()] == made
    assert len(made) == 1


def test_an_ended_one_is_not_started_again(engine: ProcessEngine) -> None:
    container_id = run(engine, "def main(id, config): pass")
    ended(engine, container_id)
    with pytest.raises(Refused):
        engine.start(container_id)


def test_p61_kill_ends_children_that_left_the_session(engine: ProcessEngine) -> None:
    container_id = run(engine, DAEMON)
    up(engine, container_id)
    daemon = int(printed(engine, container_id))
    engine.signal(container_id, Signal.KILL)
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.exit.code == 137
    until(lambda: not lives(daemon), "the daemon is gone")


def test_p61_a_bot_is_not_succeeded_while_its_daemon_lives(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, DAEMON)
    up(engine, container_id)
    daemon = int(printed(engine, container_id))
    os.kill(pid_of(engine, container_id, tmp_path), signal.SIGKILL)  # the wrapper of all, from outside
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.exit.code == 137
    engine.remove(container_id)
    until(lambda: not lives(daemon), "the daemon is gone")


def test_a_reused_pid_is_nobody(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, GOODBYE)
    up(engine, container_id)
    engine.signal(container_id, Signal.KILL)
    ended(engine, container_id)
    folder = box(engine, container_id, tmp_path)
    (folder / "exit").unlink()
    record = json.loads((folder / "process.json").read_text())
    (folder / "process.json").write_text(json.dumps({**record, "pid": os.getpid()}))
    engine.signal(container_id, Signal.KILL)  # would be the end of this very test
    assert look(engine, container_id).status is Status.EXITED
    engine.remove(container_id)
