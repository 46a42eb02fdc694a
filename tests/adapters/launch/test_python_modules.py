"""Scripts as people write them: coroutines, processes that spawn, files that are named like Python's own modules."""

import json
from typing import Any

import pytest
from tests.parts.bots import Ended, Rig, spec

from the0_actors.actors.domain.launch import Kind

BOTH = [Kind.REALTIME, Kind.SCHEDULED]
GUARD = "if __name__ == '__main__':\n    print('guarded')\n"


def play(rig: Rig, files: dict[str, str], entrypoint: str = "main.py", **changes: Any) -> Ended:
    rig.put(files)
    return rig.start(spec(entrypoint=entrypoint, **changes)).end()


def import_error(ended: Ended) -> str:
    assert ended.code == 1
    return next(line for line in ended.err.splitlines() if line.startswith("IMPORT_ERROR: "))


# --- coroutines

AWAITABLE = [
    "async def main(id, config):\n    await asyncio.sleep(0)\n    print('ran', id)",
    "async def main():\n    await asyncio.sleep(0)\n    print('ran bot1')",
    "async def trade(id): print('ran', id)\ndef main(id, config): return trade(id)",
    "class Later:\n  def __await__(self):\n    print('ran bot1')\n    yield\ndef main(id, config): return Later()",
]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("script", AWAITABLE)
def test_p71_what_main_returns_is_awaited(rig: Rig, script: str, kind: Kind) -> None:
    ended = play(rig, {"main.py": f"import asyncio\n{script}"}, kind=kind)
    assert (ended.code, ended.out, ended.err) == (0, "ran bot1\n", "")


def test_p71_a_coroutine_that_raises_fails_as_a_function_does(rig: Rig) -> None:
    ended = play(rig, {"main.py": "async def main(id, config): raise ValueError('no market')"})
    assert (ended.code, json.loads(ended.result or "")["message"]) == (1, "ValueError: no market")


@pytest.mark.parametrize("head", ["def", "async def"])
def test_p71_a_generator_of_which_nothing_ran_is_a_failure(rig: Rig, head: str) -> None:
    ended = play(rig, {"main.py": f"{head} main(id, config):\n    print('ran')\n    yield"})
    assert (ended.code, ended.out) == (1, "")
    assert "it is a generator and nothing of it has run" in ended.err


@pytest.mark.parametrize("kind", BOTH)
def test_p08_a_stop_cancels_a_coroutine(rig: Rig, kind: Kind) -> None:
    script = """
import asyncio
async def main(id, config):
    try:
        print('up', flush=True)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        print('goodbye')
"""
    rig.put({"main.py": script})
    bot = rig.start(spec(kind=kind))
    bot.wait_for("up")
    bot.signal()
    ended = bot.end()
    assert (ended.code, ended.out, ended.err) == (0, "up\ngoodbye\n", "")
    assert json.loads(ended.result or "")["status"] == "terminated"


# --- processes

POOL = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def square(n): return n * n
def main(id, config):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(config['how'])) as pool:
        print(list(pool.map(square, [1, 2, 3])))
"""


@pytest.mark.parametrize("how", ["spawn", "forkserver", "fork"])
@pytest.mark.parametrize("entrypoint", ["main.py", "bot.py", "src/strategy.py", "src/my-bot.py"])
def test_children_find_the_script_wherever_it_lies(rig: Rig, entrypoint: str, how: str) -> None:
    files = {entrypoint: POOL} if entrypoint == "main.py" else {entrypoint: POOL, "main.py": "raise SystemExit(9)"}
    ended = play(rig, files, entrypoint, config_json=json.dumps({"how": how}))
    assert (ended.code, ended.out) == (0, "[1, 4, 9]\n"), ended.err


# --- names


@pytest.mark.parametrize("name", ["token", "signal", "inspect", "json", "types", "logging", "threading", "traceback"])
def test_a_bots_own_module_may_be_named_like_one_of_pythons(rig: Rig, name: str) -> None:
    script = f"from {name} import VALUE\nasync def main(id, config): print(VALUE)" if name == "token" else ""
    script = script or f"from {name} import VALUE\ndef main(id, config): print(VALUE)"
    ended = play(rig, {"main.py": script, f"{name}.py": "VALUE = 'mine'"})
    assert (ended.code, ended.out) == (0, "mine\n"), ended.err


def test_so_may_a_package_and_one_in_vendor(rig: Rig) -> None:
    script = "import token, inspect\ndef main(id, config): print(token.VALUE, inspect.VALUE)"
    own, vendored = {"token/__init__.py": "VALUE = 1", "token/x.py": ""}, {"vendor/inspect.py": "VALUE = 2"}
    assert play(rig, {"main.py": script, **own, **vendored}).out == "1 2\n"


def test_a_folder_that_is_no_package_hides_nothing(rig: Rig) -> None:
    script = "import signal, token\ndef main(id, config): print(int(signal.SIGTERM), token.NUMBER)"
    assert play(rig, {"main.py": script, "signal/data.csv": "", "token/data.csv": ""}).out == "15 2\n"


def test_children_of_such_a_bot_find_its_modules_too(rig: Rig) -> None:
    files = {"main.py": f"import token\n{POOL.replace('n * n', 'n * token.FACTOR')}", "token.py": "FACTOR = 2"}
    ended = play(rig, files, config_json='{"how": "spawn"}')
    assert (ended.code, ended.out) == (0, "[2, 4, 6]\n"), ended.err


def test_p71_a_name_that_breaks_pythons_own_modules_is_told(rig: Rig) -> None:
    ended = play(rig, {"main.py": "import ssl\ndef main(id, config): pass", "enum.py": ""})
    assert f"{rig.bot}/enum.py hides Python's own enum" in import_error(ended)


# --- scripts that are run directly elsewhere


@pytest.mark.parametrize("guard", [GUARD, GUARD.replace("__name__ == '__main__'", '"__main__" == __name__')])
@pytest.mark.parametrize("kind", BOTH)
def test_p71_a_guarded_script_without_main_says_why_nothing_ran(rig: Rig, kind: Kind, guard: str) -> None:
    for kit in ({}, {"vendor/the0/__init__.py": ""}):
        ended = play(rig, {"main.py": f"{'import the0' if kit else ''}\n{guard}", **kit}, kind=kind)
        assert "does not run here: __name__ is 'main'" in import_error(ended)
        assert ended.out == ""


def test_a_guard_beside_main_is_no_matter(rig: Rig) -> None:
    assert play(rig, {"main.py": f"def main(id, config): print('ran')\n{GUARD}"}).out == "ran\n"


def test_a_result_takes_the_place_of_whatever_is_there(rig: Rig) -> None:
    ended = play(rig, {"main.py": "import os\ndef main(id, config): os.mkfifo('result.json')"})
    assert (ended.code, json.loads(ended.result or "")["status"]) == (0, "success")
