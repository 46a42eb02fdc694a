"""The launcher, run by the shells that are in the images: dash and busybox."""

import shutil
import signal
from pathlib import Path

import pytest
from tests.parts.bots import Rig, spec
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, Kind

pytestmark = pytest.mark.usefixtures("shell")

MIB = 1024 * 1024

LOOKS = """
import os
def main(id, config):
    for folder, _, files in sorted(os.walk('.', followlinks=False)):
        for name in sorted(files):
            path = os.path.join(folder, name)
            print('link' if os.path.islink(path) else 'file', path, os.access(path, os.X_OK))
"""
WAITS = """
import signal, sys, time
def main(id, config):
    print('up', flush=True)
    while True:
        time.sleep(60)
"""


def test_own_files_are_copied_and_foreign_ones_linked(rig: Rig) -> None:
    rig.put(
        {
            "main.py": LOOKS,
            "deep/er/data.json": "{}",
            "odd name (1) 'é'.txt": "",
            "-dash": "",
            "big.bin": b"0" * (MIB + 1),
            "deep/big.js": b"0" * (MIB + 1),
            "deep/big.cjs": b"0" * (MIB + 1),
            "deep/big.mjs": b"0" * (MIB + 1),
            "vendor/lib/__init__.py": "",
            "sub/vendor/own.py": "",
            "node_modules/lib/index.js": "",
        }
    )
    (rig.code / "deep/er/data.json").chmod(0o444)
    (rig.code / "-dash").chmod(0o755)
    out = rig.start(spec()).end().out.splitlines()
    assert out == [
        "file ./-dash True",
        "link ./big.bin False",
        "file ./main.py False",
        "file ./odd name (1) 'é'.txt False",
        "file ./deep/big.cjs False",
        "file ./deep/big.js False",
        "file ./deep/big.mjs False",
        "file ./deep/er/data.json False",
        "file ./sub/vendor/own.py False",
    ]
    for name in ("vendor", "node_modules"):
        assert (rig.bot / name).readlink() == rig.code / name
    assert (rig.bot / "big.bin").readlink() == rig.code / "big.bin"


def test_p70_execute_bits_arrive(rig: Rig) -> None:
    rig.put({"main.py": LOOKS, "tool": "#!/bin/sh\n"})
    (rig.code / "tool").chmod(0o755)
    assert "file ./tool True" in rig.start(spec()).end().out


def test_files_can_be_written_at_every_depth(rig: Rig) -> None:
    script = "def main(id, config):\n open('a/b/data','a').write('x'); open('a/b/new','w'); open('/dev/null')\n"
    rig.put({"main.py": script, "a/b/data": "1"})
    (rig.code / "a/b/data").chmod(0o444)
    assert rig.start(spec()).end().code == 0
    assert (rig.bot / "a/b/data").read_text() == "1x"
    assert (rig.code / "a/b/data").read_text() == "1"


def test_many_files(rig: Rig) -> None:
    rig.put({f"package{n % 7}/a_rather_long_module_name_{n}.py": str(n) for n in range(4000)})
    rig.put({"main.py": "def main(id, config): pass"})
    assert rig.start(spec()).end().code == 0
    assert len(list(rig.bot.glob("package*/*.py"))) == 4000


def test_the_state_folder_is_there(rig: Rig) -> None:
    rig.put({"main.py": "import os\ndef main(id, config): open(os.environ['STATE_DIR'] + '/x', 'w')"})
    assert rig.start(spec()).end().code == 0
    assert (rig.state / "x").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_p08_a_stop_reaches_the_bot(rig: Rig, number: int) -> None:
    rig.put({"main.py": WAITS})
    bot = rig.start(spec())
    bot.wait_for("up")
    bot.signal(number)
    ended = bot.end()
    assert (ended.code, ended.err) == (0, "")


COUNTS = """
import os, signal, time
heard = []
def main(id, config):
    signal.signal(signal.SIGTERM, lambda *_: (heard.append(1), os.write(1, b'heard\\n')))
    print('up', flush=True)
    while not os.path.exists(config['go']): time.sleep(0.01)
    print(len(heard))
"""


def test_p08_a_stop_that_is_sent_again_is_passed_on_once(rig: Rig) -> None:
    rig.put({"main.py": COUNTS})
    go = rig.root / "go"
    bot = rig.start(spec(config_json=f'{{"go": "{go}"}}'))
    bot.wait_for("up")
    bot.signal()
    bot.wait_for("heard")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        bot.signal(number)
    go.touch()
    ended = bot.end()
    assert (ended.code, ended.out.splitlines()) == (0, ["up", "heard", "1"])


@pytest.mark.parametrize("sign", ["code", "bot/main.py", "state/.the0-state", "tmp/python_bot.py"])
def test_p08_a_stop_at_any_moment_of_a_start_ends_it(rig: Rig, sign: str) -> None:
    rig.put({"main.py": WAITS})
    bot = rig.start(spec())
    until((rig.root / sign).exists, f"{sign} is there")
    bot.signal()
    assert bot.end().code in {0, 128 + signal.SIGTERM, -signal.SIGTERM}


def test_p08_a_child_that_is_told_to_stop_before_it_is_the_bot_does_not_become_it(rig: Rig) -> None:
    rig.put({"main.py": "def main(id, config): print('ran')"})
    (rig.root / "tmp/.the0-told").touch()
    ended = rig.start(spec()).end()
    assert (ended.code, ended.out) == (143, "")


def test_p08_the_launcher_waits_as_long_as_the_goodbye_takes(rig: Rig) -> None:
    rig.put(
        {
            "main.py": """
import time
def main(id, config):
    try:
        print('up', flush=True)
        time.sleep(60)
    finally:
        print('leaving', flush=True)
        input_path = config['go']
        import os
        while not os.path.exists(input_path): time.sleep(0.01)
        print('gone')
"""
        }
    )
    go = rig.root / "go"
    bot = rig.start(spec(config_json=f'{{"go": "{go}"}}'))
    bot.wait_for("up")
    bot.signal()
    bot.wait_for("leaving")
    for _ in range(5):
        bot.signal()  # impatience does not disturb it
    assert bot.process.poll() is None
    go.touch()
    ended = bot.end()
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "gone")


@pytest.mark.parametrize(
    ("body", "code"),
    [("os._exit(7)", 7), ("os._exit(127)", 127), ("os.kill(os.getpid(), 9)", 137), ("os.kill(os.getpid(), 11)", 139)],
)
def test_p71_the_bots_code_is_the_launchers(rig: Rig, body: str, code: int) -> None:
    rig.put({"main.py": f"import os\ndef main(id, config): {body}"})
    assert rig.start(spec()).end().code == code


def test_the_code_is_kept_when_a_stop_came_first(rig: Rig) -> None:
    rig.put(
        {
            "main.py": """
import os, signal, time
def main(id, config):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
    print('up', flush=True)
    while True: time.sleep(60)
"""
        }
    )
    bot = rig.start(spec())
    bot.wait_for("up")
    bot.signal()
    assert bot.end().code == 9


def test_p71_what_is_wrong_with_the_folders_is_said(rig: Rig) -> None:
    shutil.rmtree(rig.code)
    ended = rig.start(spec()).end()
    assert ended.code == 1
    assert f"the0: cannot fill {rig.bot} from {rig.code}" in ended.err


def test_p71_an_interpreter_that_is_missing_is_said(rig: Rig) -> None:
    rig.put({"main.js": ""})
    tools = rig.root / "nothing"
    tools.mkdir()
    for tool in ("find", "tar", "sh", "mkdir", "chmod", "ln"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    rig.env["PATH"] = str(tools)
    ended = rig.start(spec(runtime="nodejs20", entrypoint="main.js")).end()
    assert ended.code == 127
    assert "node" in ended.err


def test_the_bot_is_told_its_birth(rig: Rig) -> None:
    rig.put(
        {"main.py": "import os\ndef main(*_): print(os.environ['BOT_INCARNATION'], os.environ['BOT_PREVIOUS_END'])"}
    )
    assert rig.start(spec(), Birth(incarnation=3, previous_end="exit 1")).end().out == "3 exit 1\n"


def test_a_scheduled_result_is_handed_out(rig: Rig) -> None:
    rig.put({"main.py": "def main(*_): pass"})
    result = rig.root / "result"
    result.mkdir()
    (result / "result.json").write_text("of the run before")
    (result / "raised.json").write_text("of the run before")
    rig.env["THE0_RESULT"] = str(result)
    rig.start(spec(kind=Kind.SCHEDULED)).end()
    assert "success" in (result / "result.json").read_text()
    assert not (result / "raised.json").exists()


def test_p61_without_a_container_nobody_of_the_session_is_left(rig: Rig) -> None:
    rig.put(
        {
            "main.py": """
import os, time
def main(id, config):
    if os.fork() == 0:
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""
        }
    )
    rig.env["THE0_EXIT"] = str(rig.root / "exit")
    bot = rig.start(spec())
    bot.wait_for("\n")
    orphan = int(bot.lines[0])
    bot.signal()
    assert bot.end().code == -signal.SIGKILL, "it ended itself with the rest"
    assert (rig.root / "exit").read_text() == "0\n"
    until(lambda: not _lives(orphan), "the double-forked child is gone")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False


def test_p54_values_are_data_to_the_shell(rig: Rig) -> None:
    rig.put({"main.py": "def main(id, config): print(id, config['x'])"})
    odd = "$(touch /tmp/hacked) `id` 'q' \"d\" \\ ; & é"
    out = rig.start(spec(bot_id=odd, config_json='{"x":"$HOME `id` \'; exit 3"}')).end().out
    assert out == f"{odd} $HOME `id` '; exit 3\n"
    assert not Path("/tmp/hacked").exists()


def test_the_names_of_the_image_stay(rig: Rig) -> None:
    script = "import getpass, os\ndef main(*_): print(getpass.getuser(), os.environ['USER'], os.environ['PYTHONPATH'])"
    rig.put({"main.py": script})
    assert rig.start(spec()).end().out == f"bot bot {rig.bot}/vendor:{rig.bot}\n"
    rig.env |= {"USER": "trader", "PYTHONPATH": "/opt/lib:/opt/more"}
    assert rig.start(spec()).end().out == f"trader trader {rig.bot}/vendor:{rig.bot}:/opt/lib:/opt/more\n"
