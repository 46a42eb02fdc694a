"""The example bots: from their folder through the archive check into an engine, and through a stop and a restart."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.parts.bots import SEARCH_PATH
from tests.parts.waiting import until

from the0_actors.actors.code.archive import DEFAULT_LIMITS, open_package
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.ports.engine import Fresh, Signal
from the0_actors.adapters.launch.plan import SUPPORTED
from the0_actors.adapters.process.engine import ProcessEngine

FOLDERS = sorted(Path("examples/bots").iterdir())
BOTS = [folder.name for folder in FOLDERS]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ProcessEngine]:
    made = ProcessEngine(tmp_path / "engine", "ours", search_path=SEARCH_PATH)
    yield made
    for one in made.list():
        made.signal(one.container_id, Signal.KILL)


def read(name: str, file: str) -> Any:
    return json.loads(Path("examples/bots", name, file).read_text("utf-8"))


def spec(name: str, **changes: object) -> LaunchSpec:
    """Return what the platform makes of the two files; quick, so that a test sees many steps."""
    bot = read(name, "bot-config.json")
    config = {**read(name, "config.json"), "interval": 0.001, **changes}
    return LaunchSpec(
        "bot1", Kind(bot["type"]), bot["runtime"], bot["entrypoints"]["bot"], "key", bot["version"], json.dumps(config)
    )


def start(engine: ProcessEngine, bot: LaunchSpec, name: str, tmp_path: Path, incarnation: int = 1) -> str:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in Path("examples/bots", name).rglob("*"):
            archive.write(file, file.relative_to(Path("examples/bots", name)))
    engine.check(bot)
    engine.prepare(bot)
    with open_package(path, DEFAULT_LIMITS) as package:
        engine.store_code(package)
    container_id = engine.create(Fresh(bot, package.digest), Birth(incarnation=incarnation))
    engine.start(container_id)
    return container_id


def lines(engine: ProcessEngine, container_id: str) -> list[dict[str, Any]]:
    text = b"".join(engine.logs(container_id, 10**6, follow=False)).decode()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def metrics(engine: ProcessEngine, container_id: str, kind: str) -> list[dict[str, Any]]:
    return [line for line in lines(engine, container_id) if line.get("_metric") == kind]


def stop(engine: ProcessEngine, container_id: str) -> dict[str, Any]:
    """Stop it in order and return its last words."""
    engine.signal(container_id, Signal.TERM)

    def code() -> int | None:
        found = engine.look(container_id)
        assert found is not None
        return found.exit.code + 1 if found.status is Status.EXITED and found.exit else None

    assert until(code, "the end") == 1
    last = lines(engine, container_id)[-1]
    engine.remove(container_id)
    return last


def prices(engine: ProcessEngine, container_id: str, count: int) -> list[float]:
    """Wait for the first prices."""
    until(lambda: len(metrics(engine, container_id, "price")) >= count, f"{count} prices")
    return [one["value"] for one in metrics(engine, container_id, "price")[:count]]


@pytest.mark.parametrize("name", BOTS)
def test_what_the_platform_asks_of_its_files(name: str) -> None:
    bot, config = read(name, "bot-config.json"), read(name, "config.json")
    assert bot["name"] == name
    assert bot["runtime"] in SUPPORTED
    assert 50 <= len(bot["readme"]) <= 10_000
    assert Path("examples/bots", name, bot["entrypoints"]["bot"]).exists()
    properties = bot["schema"]["bot"]["properties"]
    assert {key: value["default"] for key, value in properties.items()}.items() <= config.items()
    assert (config["version"], config["type"].split("/")[0]) == (bot["version"], bot["type"])


@pytest.mark.parametrize("name", BOTS)
def test_p08_it_trades_says_goodbye_and_goes_on_where_it_was(engine: ProcessEngine, name: str, tmp_path: Path) -> None:
    first = start(engine, spec(name), name, tmp_path)
    traded = "signal" if "sma" in name else "fill"
    until(lambda: metrics(engine, first, traded), "a trade")
    seen = metrics(engine, first, "position")
    assert [one["tick"] for one in seen] == list(range(1, len(seen) + 1))
    assert {"symbol", "size", "pnl", "timestamp"} <= seen[0].keys()
    last = stop(engine, first)
    assert (last["message"], last["level"]) == ("stopped", "info")
    assert last["tick"] >= len(seen)

    second = start(engine, spec(name), name, tmp_path, incarnation=2)
    begun = until(lambda: lines(engine, second), "its first line")[0]
    assert (begun["message"], begun["tick"], begun["position"]) == ("started", last["tick"], last["position"])
    until(lambda: metrics(engine, second, "position"), "a step")
    assert metrics(engine, second, "position")[0]["tick"] == last["tick"] + 1
    stop(engine, second)


@pytest.mark.parametrize("name", [name for name in BOTS if "maker" in name])
def test_p08_a_market_maker_leaves_no_order_open(engine: ProcessEngine, name: str, tmp_path: Path) -> None:
    container_id = start(engine, spec(name, volatility=0, interval=30), name, tmp_path)
    until(lambda: metrics(engine, container_id, "position"), "its first step")
    assert stop(engine, container_id)["cancelled_orders"] == 2


@pytest.mark.parametrize("name", BOTS)
def test_the_same_seed_is_the_same_market(engine: ProcessEngine, name: str, tmp_path: Path) -> None:
    runs = []
    for seed in (3, 3, 4):
        container_id = start(engine, spec(name, seed=seed), name, tmp_path)
        runs.append(prices(engine, container_id, 30))
        stop(engine, container_id)
        engine.purge("bot1")
    assert runs[0] == runs[1] != runs[2]
    assert len(set(runs[0])) > 20
