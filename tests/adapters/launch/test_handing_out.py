"""What the launcher hands out of a scheduled run, and what one run can do to the next."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.parts.bots import Ended, Rig, spec

from the0_actors.actors.domain.launch import RESULT_LIMIT, Kind
from the0_actors.adapters.launch.plan import launcher

pytestmark = pytest.mark.usefixtures("shell")

Run = Callable[[str], Ended]


@pytest.fixture
def run(rig: Rig) -> Run:
    """Run a scheduled bot whose `main` has these lines, which may end the process without a result of the wrapper."""

    if os.geteuid() == 0:
        rig.shell = ("setpriv", "--bounding-set=-all", *rig.shell)  # so that modes of files hold for root, too

    def played(body: str) -> Ended:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        rig.put({"main.py": f"import os\nfrom pathlib import Path\ndef main(id, config):\n{lines}\n    os._exit(0)\n"})
        shutil.rmtree(rig.bot)
        rig.bot.mkdir()
        return rig.start(spec(kind=Kind.SCHEDULED)).end()

    return played


@pytest.fixture
def result(rig: Rig) -> Path:
    return Path(rig.folders.result, "result.json")


def test_a_result_is_handed_out_as_it_was_written(run: Run, result: Path) -> None:
    run("""Path('result.json').write_bytes(b'{"n": 1}  ')""")
    assert result.read_bytes() == b'{"n": 1}  '


def test_p36_a_result_that_lies_in_the_archive_is_nobodys(rig: Rig, run: Run, result: Path) -> None:
    rig.put({"result.json": '{"from": "an old run"}', "data/result.json": "{}"})
    ended = run("print(sorted(map(str, Path().rglob('*.json'))))")
    assert ended.out == "['data/result.json']\n"
    assert not os.path.lexists(result)


def test_no_more_is_copied_than_shows_that_it_is_too_much(run: Run, result: Path) -> None:
    run("os.truncate(os.open('result.json', os.O_RDWR | os.O_CREAT), 2**21)")
    assert result.stat().st_size == RESULT_LIMIT + 1
    assert f"head -c {RESULT_LIMIT + 1} " in launcher()


@pytest.mark.parametrize(
    "left", ["os.symlink('/dev/zero', 'result.json')", "os.mkfifo('result.json')", "os.mkdir('result.json')"]
)
def test_what_is_no_regular_file_is_never_opened(run: Run, result: Path, left: str) -> None:
    ended = run(left)
    assert (ended.code, ended.err) == (0, "")
    assert result.is_symlink()
    assert not result.exists()


def test_what_the_bot_put_in_the_way_is_removed(run: Run, result: Path) -> None:
    run(f"Path('result.json').write_text('[]'); os.makedirs('{result}/x/y')")
    assert result.read_text() == "[]"


def test_a_locked_result_is_handed_out(run: Run, result: Path) -> None:
    ended = run(f"Path('result.json').write_text('[]'); os.chmod('result.json', 0); os.chmod('{result.parent}', 0)")
    assert (ended.code, ended.err) == (0, "")
    assert result.read_text() == "[]"


def test_locked_folders_do_not_spoil_the_next_run(rig: Rig, run: Run, result: Path) -> None:
    inner = f"{result.parent}/a/b"
    run(
        f"os.makedirs('{inner}'); os.mkfifo('{inner}/fifo'); os.chmod('{inner}', 0)\n"
        f"os.chmod('{result.parent}/a', 0); os.chmod('{result.parent}', 0)\n"
        "os.chmod(os.environ['STATE_DIR'], 0); os.chmod(os.path.dirname(os.environ['STATE_DIR']), 0)"
    )
    ended = run("Path(os.environ['STATE_DIR'], 'x').touch(); Path('result.json').write_text('[]')")
    assert (ended.code, ended.err) == (0, "")
    assert result.read_text() == "[]"
    assert [path.name for path in result.parent.iterdir()] == ["result.json"]
