"""The engine without containers, with real bots."""

import json
import os
import signal
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import structlog
from tests.adapters.process.conftest import GOODBYE, box, ended, look, package, pid_of, printed, run, up
from tests.parts.bots import SEARCH_PATH, spec
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import until

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Exit, Status
from the0_actors.actors.errors import CodeMissing, Gone, Refused, Unavailable
from the0_actors.actors.ports.engine import Again, Engine, Fresh, Signal
from the0_actors.adapters.process.engine import STALE, ProcessEngine


def test_it_is_an_engine(engine: ProcessEngine) -> None:
    port: Engine = engine
    code: CodePackage = package("")
    assert port.has_code(code.digest) is False


def test_it_says_loudly_what_it_is_not(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        engine = ProcessEngine(tmp_path, "ours")
        engine.list()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("bots_run_without_isolation", "warning")]


def test_p08_a_life_from_code_to_goodbye(engine: ProcessEngine) -> None:
    container_id = run(engine, GOODBYE, Birth(incarnation=3))
    up(engine, container_id)
    assert look(engine, container_id).status is Status.RUNNING
    engine.signal(container_id, Signal.TERM)
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.started_at is not None
    assert (found.exit.code, found.exit.oom) == (0, False)
    assert found.exit.finished_at >= found.started_at
    assert printed(engine, container_id) == "up 3\nbye\n"


def test_p71_stderr_is_in_the_log_and_the_code_is_kept(engine: ProcessEngine) -> None:
    container_id = run(engine, "def main(id, config): raise ValueError('no market')")
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.exit.code == 1
    assert "ValueError: no market" in printed(engine, container_id)


def test_p53_the_bot_gets_nothing_of_our_environment(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_SECRET_KEY", "secret")
    container_id = run(engine, "import os\ndef main(id, config): print(sorted(os.environ), dict(os.environ))")
    ended(engine, container_id)
    assert "secret" not in printed(engine, container_id)
    assert "THE0_EXIT" not in printed(engine, container_id)


def test_a_bot_has_pipes_and_signals_as_usual(engine: ProcessEngine) -> None:
    script = "import signal, sys\ndef main(*_): print(open('/proc/self/status').read(), repr(sys.stdin.read()))"
    container_id = run(engine, script)
    ended(engine, container_id)
    text = printed(engine, container_id)
    fields = dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)
    assert int(fields["SigBlk"], 16) == 0
    assert "''" in text


def test_each_incarnation_has_a_new_folder_and_the_old_state(engine: ProcessEngine) -> None:
    script = """
import os
def main(id, config):
    new = not os.path.exists('mine')
    open('mine', 'w')
    path = os.environ['STATE_DIR'] + '/n'
    with open(path, 'a') as file: file.write('x')
    print(new, os.path.getsize(path), os.access('run', os.X_OK), os.environ['HOME'] != os.environ['STATE_DIR'])
"""
    for times in (1, 2):
        container_id = run(engine, script, Birth(incarnation=times))
        ended(engine, container_id)
        assert printed(engine, container_id) == f"True {times} True True\n"
        engine.remove(container_id)
    engine.purge("bot1")
    container_id = run(engine, script)
    ended(engine, container_id)
    assert printed(engine, container_id) == "True 1 True True\n"


def test_a_running_one_is_not_removed_and_a_paused_one_goes_on(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, GOODBYE)
    up(engine, container_id)
    os.killpg(pid_of(engine, container_id, tmp_path), signal.SIGSTOP)
    until(lambda: look(engine, container_id).status is Status.PAUSED, "paused")
    with pytest.raises(Refused):
        engine.remove(container_id)
    engine.resume(container_id)
    assert look(engine, container_id).status is Status.RUNNING
    with pytest.raises(Refused):
        engine.remove(container_id)


def test_p15_the_last_good_one_can_be_made_again(engine: ProcessEngine) -> None:
    first = ended(engine, run(engine, "import os\ndef main(*_): print(os.environ['BOT_INCARNATION'])"))
    engine.remove(first.container_id)
    birth = Birth(incarnation=2, previous_end="exit 0")
    container_id = engine.create(Again(first), birth)
    engine.start(container_id)
    second = ended(engine, container_id)
    assert printed(engine, container_id) == "2\n"
    assert (second.fingerprint, second.name, second.birth) == (first.fingerprint, first.name, birth)
    assert second.container_id != first.container_id


def test_again_without_a_look_is_refused(engine: ProcessEngine) -> None:
    run(engine, GOODBYE)
    (listed,) = engine.list()
    with pytest.raises(Refused):
        engine.create(Again(listed), Birth())


def test_calls_on_what_is_gone(engine: ProcessEngine) -> None:
    container_id = run(engine, "def main(id, config): pass")
    ended(engine, container_id)
    engine.remove(container_id)
    assert engine.look(container_id) is None
    for call in (engine.start, engine.resume, engine.remove):
        with pytest.raises(Gone):
            call(container_id)
    with pytest.raises(Gone):
        engine.signal(container_id, Signal.TERM)
    with pytest.raises(Gone):
        engine.logs(container_id, 1, follow=False)
    successor = run(engine, "def main(id, config): pass")
    with pytest.raises(Gone):
        engine.signal(container_id, Signal.KILL)
    assert engine.look(container_id) is None
    assert look(engine, successor).container_id == successor


def test_p57_code_is_stored_once_and_whole(engine: ProcessEngine, tmp_path: Path) -> None:
    code = package(GOODBYE)

    class Torn(MemoryPackage):
        def read(self, path: str) -> Iterator[bytes]:
            yield b"def"
            raise Unavailable("objects", "cut off")

    torn = Torn(code.contents, code.executable)
    with pytest.raises(Unavailable):
        engine.store_code(torn)
    assert not engine.has_code(code.digest)
    with pytest.raises(CodeMissing):
        engine.create(Fresh(spec(), code.digest), Birth())
    assert engine.list() == ()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.store_code, [code] * 16))
    assert engine.has_code(code.digest)
    assert [path.name for path in (tmp_path / "engine/code/ours").iterdir()] == [code.digest]


def test_the_sweep_keeps_what_is_used_wanted_or_being_filled(tmp_path: Path) -> None:
    now = [1e9]
    engine = ProcessEngine(tmp_path, "ours", search_path=SEARCH_PATH, wall=lambda: now[0])
    used, wanted, unused = package("1"), package("2"), package("3")
    for code in (used, wanted, unused):
        engine.store_code(code)
    engine.create(Fresh(spec(), used.digest), Birth())
    litter = tmp_path / "code/ours/.half"
    litter.mkdir()
    os.utime(litter, (now[0], now[0]))
    assert engine.sweep_code(frozenset({wanted.digest})) == 1
    assert [engine.has_code(code.digest) for code in (used, wanted, unused)] == [True, True, False]
    assert litter.exists()
    now[0] += STALE + 1
    assert engine.sweep_code(frozenset({wanted.digest})) == 0
    assert not litter.exists()


def test_prepare_says_which_interpreter_is_missing(tmp_path: Path) -> None:
    engine = ProcessEngine(tmp_path, "ours", search_path=str(tmp_path))
    with pytest.raises(Refused, match="node is not installed"):
        engine.prepare(spec(runtime="nodejs20", entrypoint="main.js"))


@pytest.mark.parametrize("bot_id", ["a/../../b", "..", "", "UPPER", "ünïcödé", "x" * 300, "-a", "a.b", "a\nb"])
def test_p54_ids_survive_every_boundary(engine: ProcessEngine, bot_id: str, tmp_path: Path) -> None:
    container_id = run(
        engine, "import os\ndef main(id, config): open(os.environ['STATE_DIR'] + '/x', 'w')", bot_id=bot_id
    )
    found = ended(engine, container_id)
    name = engine.name_of(bot_id, Kind.REALTIME)
    assert (found.bot_id, found.name) == (bot_id, name)
    assert len(name) <= 63
    assert look(engine, name).container_id == container_id
    engine.remove(container_id)
    engine.purge(bot_id)
    assert sorted(path.name for path in (tmp_path / "engine").iterdir()) == ["code", "containers", "state"]
    assert list((tmp_path / "engine/state/ours").iterdir()) == []


def test_p14_installations_on_one_root_do_not_meet(engine: ProcessEngine, tmp_path: Path) -> None:
    other = ProcessEngine(tmp_path / "engine", "theirs", search_path=SEARCH_PATH)
    container_id = run(engine, GOODBYE)
    assert other.identify() == engine.identify()
    assert other.list() == ()
    with pytest.raises(Refused):
        other.look(container_id)
    with pytest.raises(Refused):
        other.signal(container_id, Signal.KILL)
    assert other.sweep_code(frozenset()) == 0
    assert engine.has_code(look(engine, container_id).code_hash)


def test_a_listing_is_complete_or_an_error(engine: ProcessEngine, tmp_path: Path) -> None:
    container_id = run(engine, GOODBYE)
    record = box(engine, container_id, tmp_path) / "container.json"
    whole = record.read_text()
    for broken in ("{", "[]", "{}", "null"):
        record.write_text(broken)
        with pytest.raises(Unavailable):
            engine.list()
    record.write_text(whole)
    assert len(engine.list()) == 1


def test_p13_each_input_changes_the_fingerprint(engine: ProcessEngine) -> None:
    changes: list[dict[str, object]] = [
        {},
        {"runtime": "nodejs20"},
        {"entrypoint": "other.py"},
        {"code_key": "user/bot/1.0.1"},
        {"code_version": "1.0.1"},
        {"config_json": '{"a":1}'},
        {"memory_bytes": 1},
        {"cpu_millis": 1},
        {"stop_grace": 1.0},
        {"pids": 1},
        {"state_bytes": 1},
        {"kind": Kind.SCHEDULED},
        {"bot_id": "bot2"},
    ]
    prints = [engine.fingerprint(spec(**change), "aa") for change in changes]
    prints.append(engine.fingerprint(spec(), "bb"))
    assert len(set(prints)) == len(prints)
    assert engine.fingerprint(spec(), "aa") == prints[0]


def test_a_bad_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="installation"):
        ProcessEngine(tmp_path, "../x")


def test_node_bots_run_too(engine: ProcessEngine) -> None:
    code = MemoryPackage({"main.js": textwrap.dedent("exports.main = async (id) => console.log(id)").encode()})
    bot = spec(runtime="nodejs20", entrypoint="main.js")
    engine.prepare(bot)
    engine.store_code(code)
    container_id = engine.create(Fresh(bot, code.digest), Birth())
    engine.start(container_id)
    ended(engine, container_id)
    assert printed(engine, container_id) == "bot1\n"


def test_what_is_set_for_all_bots_reaches_each(tmp_path: Path) -> None:
    variables = {"NODE_OPTIONS": "--no-warnings"}
    engine = ProcessEngine(tmp_path, "ours", search_path=SEARCH_PATH, variables=variables)
    container_id = run(engine, "import os\ndef main(*_): print(os.environ['NODE_OPTIONS'])")
    ended(engine, container_id)
    assert printed(engine, container_id) == "--no-warnings\n"


def test_p36_a_scheduled_run_hands_its_result_out(engine: ProcessEngine) -> None:
    script = "def main(id, config): raise ValueError('no market')"
    container_id = run(engine, script, kind=Kind.SCHEDULED)
    assert ended(engine, container_id).exit == Exit(0, oom=False, finished_at=ANY)
    result = engine.handed_out(container_id, "result.json", 1000)
    assert result is not None
    assert json.loads(result)["status"] == "success"
    assert json.loads(engine.handed_out(container_id, "raised.json", 1000) or b"")["message"] == "ValueError: no market"
    assert engine.handed_out(container_id, "nothing", 1000) is None
    with pytest.raises(Refused):
        engine.handed_out(container_id, "result.json", len(result) - 1)


def test_p71_a_result_that_cannot_be_read_is_refused(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    container_id = run(engine, "def main(id, config): pass", kind=Kind.SCHEDULED)
    ended(engine, container_id)
    really = Path.open

    def open_unless_locked(self: Path, *args: Any, **named: Any) -> Any:  # for root, no mode locks a file
        if self.name == "result.json":
            raise PermissionError(13, "Permission denied")
        return really(self, *args, **named)

    monkeypatch.setattr(Path, "open", open_unless_locked)
    with pytest.raises(Refused, match="cannot be read"):
        engine.handed_out(container_id, "result.json", 1000)


def test_what_a_run_hands_out_is_a_regular_file(engine: ProcessEngine) -> None:
    script = "import os\ndef main(id, config): os.symlink('/etc/passwd', os.environ['THE0_RESULT'] + '/other.json')"
    container_id = run(engine, script, kind=Kind.SCHEDULED)
    ended(engine, container_id)
    with pytest.raises(Refused):
        engine.handed_out(container_id, "other.json", 10**6)


def test_what_a_bot_keeps_is_measured(engine: ProcessEngine) -> None:
    write = "pathlib.Path(os.environ['STATE_DIR'], 'x').write_bytes(b'x' * 99999)"
    script = f"import os, pathlib\ndef main(id, config): {write}"
    ended(engine, run(engine, script))
    (kept,) = engine.kept(frozenset({"bot1", "nobody"}))
    assert (kept.bot_id, kept.files) == ("bot1", 3)
    assert 99_999 <= kept.size < 200_000
