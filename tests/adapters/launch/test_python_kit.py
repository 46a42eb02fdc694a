"""Bots on the platform's own kit, as PyPI has it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.parts.bots import Ended, Rig, spec

from the0_actors.actors.domain.launch import Kind

SUCCESS = {"status": "success", "message": "Bot executed successfully"}
BOTH = [Kind.REALTIME, Kind.SCHEDULED]


def play(rig: Rig, script: str, **changes: Any) -> Ended:
    rig.put({"main.py": script})
    return rig.start(spec(**changes)).end()


def result(ended: Ended) -> object:
    return None if ended.result is None else json.loads(ended.result)


@pytest.fixture
def kit(rig: Rig) -> Rig:
    """A bot's folder with the kit where the platform's tools put it."""
    the0 = pytest.importorskip("the0")
    shutil.copytree(Path(the0.__file__).parent, rig.code / "vendor/the0")
    return rig


SCRIPT_STYLE = """
from the0 import parse, success, metric, log, state
bot_id, config = parse()
log("starting", {"bot": bot_id})
state.set("runs", state.get("runs", 0) + 1)
metric("price", {"symbol": config["symbol"], "value": 45000.5})
success("done", {"runs": state.get("runs")})
"""


@pytest.mark.parametrize("kind", BOTH)
def test_kit_a_script_is_a_bot(kit: Rig, kind: Kind) -> None:
    ended = play(kit, SCRIPT_STYLE, kind=kind, config_json='{"symbol":"BTC/USD"}')
    assert ended.code == 0, ended.err
    line = json.loads(ended.out)
    assert (line.pop("_metric"), line.pop("symbol"), line.pop("value")) == ("price", "BTC/USD", 45000.5)
    assert json.loads(ended.err)["message"] == "starting"
    assert json.loads((kit.state / "runs.json").read_text()) == 1


MAIN_STYLES = [
    "def main():\n    bot_id, config = parse()\n",
    "def main(bot_id=None, config=None):\n    if bot_id is None: bot_id, config = parse()\n",
    "def main(bot_id, config):\n    assert parse() == (bot_id, config)\n",
]


@pytest.mark.parametrize("head", MAIN_STYLES)
def test_kit_every_documented_main_runs_once(kit: Rig, head: str) -> None:
    guard = "\nif __name__ == '__main__':\n    main()\n"
    ended = play(kit, f"from the0 import *\n{head}    print(bot_id, config)\n    success('x')\n{guard}")
    assert (ended.code, ended.out) == (0, "bot1 {}\n")


ERROR = "from the0 import parse, error\ndef main(id, config):\n    error('bad amount', {'amount': -1})"


def test_kit_error_ends_a_realtime_bot_with_its_own_result(kit: Rig) -> None:
    ended = play(kit, ERROR)
    assert (ended.code, result(ended)) == (1, {"status": "error", "message": "bad amount", "data": {"amount": -1}})
    assert "bad amount" in ended.err


def test_kit_error_of_a_scheduled_bot_is_the_platforms_habit(kit: Rig) -> None:
    ended = play(kit, ERROR, kind=Kind.SCHEDULED)
    assert (ended.code, result(ended)) == (0, SUCCESS)


@pytest.mark.parametrize("kind", BOTH)
def test_kit_error_of_a_script_ends_with_1(kit: Rig, kind: Kind) -> None:
    ended = play(kit, "from the0 import error\nerror('bad amount')", kind=kind)
    assert (ended.code, result(ended)) == (1, {"status": "error", "message": "bad amount"})


def test_kit_state_outlives_an_incarnation(kit: Rig, tmp_path: Path) -> None:
    play(kit, SCRIPT_STYLE, config_json='{"symbol":"x"}')
    shutil.rmtree(kit.bot)
    kit.bot.mkdir()
    play(kit, SCRIPT_STYLE, config_json='{"symbol":"x"}')
    assert json.loads((kit.state / "runs.json").read_text()) == 2
