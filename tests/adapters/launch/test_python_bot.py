"""The Python wrapper in a real interpreter: what a bot sees of it, and of its end."""

import json
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.launch.vectors import VECTORS
from tests.parts.bots import Ended, Rig, spec

from the0_actors.actors.domain.launch import Kind

SUCCESS = {"status": "success", "message": "Bot executed successfully"}
TERMINATED = {"status": "terminated", "message": "Bot execution terminated by signal"}
WRAPPER = files("the0_actors.adapters.launch") / "python_bot.py"
BOTH = [Kind.REALTIME, Kind.SCHEDULED]


def play(rig: Rig, script: str, **changes: Any) -> Ended:
    rig.put({"main.py": script})
    return rig.start(spec(**changes)).end()


def stop(rig: Rig, script: str, number: int = signal.SIGTERM, **changes: Any) -> Ended:
    """Stop the bot once it printed `up`."""
    rig.put({"main.py": script})
    bot = rig.start(spec(**changes))
    bot.wait_for("up")
    bot.signal(number)
    return bot.end()


def result(ended: Ended) -> object:
    return None if ended.result is None else json.loads(ended.result)


WRITES_ERROR = """
import sys
def main(id, config):
    open('result.json', 'w').write('{"status": "error", "message": "mine"}')
    sys.exit(1)
"""
MINE = {"status": "error", "message": "mine"}
RAISES = "def main(id, config): raise ValueError('no market')"
FAILED = {"status": "error", "message": "ValueError: no market"}

A4 = [
    # script, kind, exit code, result.json
    ("def main(id, config): return {'status': 'custom'}", Kind.SCHEDULED, 0, SUCCESS),
    ("def main(id, config): return {'status': 'custom'}", Kind.REALTIME, 0, SUCCESS),
    (RAISES, Kind.SCHEDULED, 0, SUCCESS),
    (RAISES, Kind.REALTIME, 1, FAILED),  # upstream: 0, and a crash looks like an end
    (WRITES_ERROR, Kind.SCHEDULED, 0, SUCCESS),
    (WRITES_ERROR, Kind.REALTIME, 1, MINE),  # upstream: 0, and the error is overwritten
    ("import sys\ndef main(id, config): sys.exit(5)", Kind.SCHEDULED, 0, SUCCESS),
    ("import sys\ndef main(id, config): sys.exit(5)", Kind.REALTIME, 5, None),
    ("import sys\ndef main(id, config): sys.exit()", Kind.REALTIME, 0, None),
    ("import os\ndef main(id, config): os._exit(3)", Kind.SCHEDULED, 3, None),
    ("import os\ndef main(id, config): os._exit(3)", Kind.REALTIME, 3, None),
]


@pytest.mark.parametrize(("script", "kind", "code", "left"), A4)
def test_a4_how_it_ends(rig: Rig, script: str, kind: Kind, code: int, left: object) -> None:
    ended = play(rig, script, kind=kind)
    assert (ended.code, result(ended)) == (code, left)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (RAISES, "ValueError: no market"),
        ("import sys\ndef main(id, config): sys.exit(5)", "SystemExit: 5"),
        ("def main(id, config): return None", None),
    ],
)
def test_p71_what_a_scheduled_bot_raised_is_handed_out_beside_its_result(
    rig: Rig, script: str, message: str | None
) -> None:
    play(rig, script, kind=Kind.SCHEDULED)
    told = Path(rig.folders.result, "raised.json")
    assert (json.loads(told.read_text())["message"] if told.exists() else None) == message


@pytest.mark.parametrize("kind", BOTH)
def test_p71_an_exception_is_on_stderr(rig: Rig, kind: Kind) -> None:
    ended = play(rig, RAISES, kind=kind)
    assert "Traceback" in ended.err
    assert "main.py" in ended.err
    assert "ValueError: no market" in ended.err


def test_p71_a_message_of_sys_exit_is_on_stderr(rig: Rig) -> None:
    ended = play(rig, "import sys\ndef main(id, config): sys.exit('no key')")
    assert (ended.code, ended.err) == (1, "no key\n")


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("files", "prefix", "words"),
    [
        ({"other.py": ""}, "IMPORT_ERROR:", "main.py"),
        ({"main.py": "import nothing_of_that_name\ndef main(id, config): pass"}, "IMPORT_ERROR:", "nothing_of_that"),
        ({"main.py": "def main(:"}, "IMPORT_ERROR:", "SyntaxError"),
        ({"main.py": "def run(id, config): pass"}, "IMPORT_ERROR:", "defines no function main"),
        ({"main.py": "main = 3"}, "IMPORT_ERROR:", "defines no function main"),
    ],
)
def test_import_errors(rig: Rig, kind: Kind, files: dict[str, str], prefix: str, words: str) -> None:
    rig.put(files)
    ended = rig.start(spec(kind=kind)).end()
    line = next(line for line in ended.err.splitlines() if line.startswith(prefix))
    assert words in line
    assert (ended.code, ended.result) == (1, None)


@pytest.mark.parametrize("config", ["", "{", "nope"])
def test_config_errors(rig: Rig, config: str) -> None:
    ended = play(rig, "def main(id, config): print('ran')", config_json=config)
    assert ended.err.startswith("CONFIG_ERROR: ")
    assert (ended.code, ended.out, ended.result) == (1, "", None)


def test_chdir_error() -> None:
    env = {"CODE_MOUNT_DIR": "nowhere/at/all", "BOT_CONFIG": "{}"}
    ended = subprocess.run(
        [sys.executable, str(WRAPPER)], check=False, env=env, capture_output=True, text=True, timeout=20
    )
    assert ended.stderr.startswith("CHDIR_ERROR: ")
    assert ended.returncode == 1


@pytest.mark.parametrize(("text", "value"), VECTORS)
def test_a1_the_configuration_reaches_the_bot(rig: Rig, text: str, value: object) -> None:
    script = "import json, os\ndef main(id, config):\n print(json.dumps([id, config, os.environ['BOT_CONFIG']]))"
    assert json.loads(play(rig, script, config_json=text).out) == ["bot1", value, text]


def test_where_the_bot_finds_itself(rig: Rig) -> None:
    script = """
import logging, os, sys, threading
def main(id, config):
    print(os.getcwd(), __name__, sys.path[:2], threading.current_thread() is threading.main_thread())
    print(sys.modules['main'].__file__, [place for place in sys.path if 'tmp' in place.split('/')[-1:]])
    logging.getLogger('bot').info('seen'); logging.getLogger('bot').debug('not seen')
"""
    rig.put({"vendor/x.py": ""})
    ended = play(rig, script)
    assert ended.out == (f"{rig.bot} main {[f'{rig.bot}/vendor', str(rig.bot)]} True\n{rig.bot}/main.py []\n")
    assert "seen" in ended.err
    assert "not seen" not in ended.err


def test_vendored_packages_come_before_own_ones(rig: Rig) -> None:
    rig.put({"vendor/lib.py": "x = 'vendored'", "lib.py": "x = 'own'", "helper.py": "y = 1"})
    assert play(rig, "import lib, helper\ndef main(id, config): print(lib.x, helper.y)").out == "vendored 1\n"


def test_an_entry_point_in_a_folder_that_is_no_package(rig: Rig) -> None:
    rig.put({"src/my-bot.py": "def main(id, config): print(__file__)"})
    assert rig.start(spec(entrypoint="src/my-bot.py")).end().out == f"{rig.bot}/src/my-bot.py\n"


@pytest.mark.parametrize("signature", ["*args", "id=None, config=None", "id, config, extra=1", "id, config"])
def test_main_is_given_id_and_config(rig: Rig, signature: str) -> None:
    script = f"def main({signature}):\n values = list(locals().values())\n print(values)"
    assert "bot1" in play(rig, script).out


def test_a_main_without_parameters_is_called_without(rig: Rig) -> None:
    assert play(rig, "def main(): print('ran')").out == "ran\n"


def test_output_is_out_at_once(rig: Rig) -> None:
    bot_lines = "import time\ndef main(id, config):\n print('up')\n time.sleep(60)"
    rig.put({"main.py": bot_lines})
    rig.start(spec()).wait_for("up")  # or the deadline


GOODBYE = """
import time
def main(id, config):
    try:
        print('up', flush=True)
        while True:
            try:
                time.sleep(60)
            except Exception:
                print('swallowed')
    finally:
        print('goodbye')
"""


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_p08_a_stop_runs_finally_blocks(rig: Rig, kind: Kind, number: int) -> None:
    ended = stop(rig, GOODBYE, number, kind=kind)
    assert (ended.code, result(ended), ended.err) == (0, TERMINATED, "")
    assert ended.out == "up\ngoodbye\n"


def test_p08_a_goodbye_for_ctrl_c_is_heard(rig: Rig) -> None:
    ended = stop(
        rig,
        """
import time
def main(id, config):
    try:
        print('up', flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print('goodbye')
""",
    )
    assert (ended.code, result(ended), ended.out) == (0, TERMINATED, "up\ngoodbye\n")


def test_p08_asyncio_bots_say_goodbye(rig: Rig) -> None:
    ended = stop(
        rig,
        """
import asyncio
async def worker():
    try:
        print('up', flush=True)
        while True:
            await asyncio.sleep(0)  # the signal meets a task's own step
    finally:
        await asyncio.sleep(0)
        print('worker left')
async def trade():
    try:
        await asyncio.gather(worker())
    finally:
        print('main left')
def main(id, config):
    asyncio.run(trade())
""",
    )
    assert (ended.code, result(ended), ended.err) == (0, TERMINATED, "")
    assert ended.out.splitlines() == ["up", "worker left", "main left"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_p08_a_handler_of_its_own_is_left_alone(rig: Rig, name: str) -> None:
    ended = stop(
        rig,
        """
import signal, time
going = True
def leave(*_):
    global going
    going = False
def main(id, config):
    signal.signal(signal.NAME, leave)
    print('up', flush=True)
    while going: time.sleep(0.01)
    print('left in order')
""".replace("NAME", name),
    )
    left = SUCCESS if name == "SIGTERM" else TERMINATED
    assert (ended.code, result(ended), ended.out) == (0, left, "up\nleft in order\n")


OTHER_THREAD = """
import signal, threading, time
def main(id, config):
    try:
        threading.Timer(0.2, signal.raise_signal, (signal.SIGTERM,)).start()
        time.sleep(60)
    finally:
        print('goodbye')
"""


def test_p08_a_stop_that_does_not_wake_the_main_thread_is_heard(rig: Rig) -> None:
    """The same state as when the signal comes right before the sleep: it is known, but the sleep goes on."""
    ended = play(rig, OTHER_THREAD)
    assert (ended.code, result(ended), ended.out) == (0, TERMINATED, "goodbye\n")


def test_p61_forked_children_end_by_term_as_any_process(rig: Rig) -> None:
    script = """
import multiprocessing, time
def work(): time.sleep(60)
def main(id, config):
    child = multiprocessing.get_context('fork').Process(target=work)
    child.start()
    child.terminate()
    child.join()
    print(child.exitcode)
"""
    ended = play(rig, script)
    assert (ended.out, ended.err) == ("-15\n", "")


def test_a_goodbye_that_fails_is_a_failure(rig: Rig) -> None:
    ended = stop(rig, GOODBYE.replace("print('goodbye')", "raise ValueError('cannot cancel')"))
    assert (ended.code, result(ended)) == (1, {"status": "error", "message": "ValueError: cannot cancel"})
    assert "cannot cancel" in ended.err


def test_a_stop_while_the_script_loads(rig: Rig) -> None:
    ended = stop(rig, "import time\nprint('up', flush=True)\ntime.sleep(60)\ndef main(id, config): pass")
    assert (ended.code, result(ended)) == (0, TERMINATED)


def test_the_process_lasts_as_long_as_its_threads(rig: Rig) -> None:
    script = """
import threading, time
def work():
    threading.main_thread().join()
    print('worked')
def main(id, config):
    threading.Thread(target=work).start()
"""
    ended = play(rig, script)
    assert (ended.code, result(ended), ended.out) == (0, SUCCESS, "worked\n")


def test_a_stop_after_main_returned_ends_its_threads(rig: Rig) -> None:
    script = """
import threading, time
def work():
    threading.main_thread().join()
    print('up', flush=True)
    time.sleep(60)
def main(id, config):
    threading.Thread(target=work).start()
"""
    assert stop(rig, script).code == 128 + signal.SIGTERM


def test_a_folder_that_takes_no_result_does_not_change_the_end(rig: Rig) -> None:
    ended = play(rig, "import os\ndef main(id, config): os.mkdir('result.json')")
    assert ended.code == 0
    assert ended.err.startswith("RESULT_ERROR: ")


def test_p52_the_wrapper_is_thin(rig: Rig) -> None:
    script = "import resource\ndef main(id, config): print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    kib = int(play(rig, script).out)
    bare = rig.start(spec(entrypoint="bare.py")).end()
    assert bare.code == 1
    assert kib < 24 * 1024
