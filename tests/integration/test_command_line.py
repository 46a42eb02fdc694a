"""`run` as operators start it: its health, its end, and what it leaves behind (P43, P64, P71)."""

from pathlib import Path

import pytest
from tests.parts.command import Command
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.runtimes import Worlds
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]


def test_p64_the_end_of_run_leaves_the_bots_to_the_next_run_or_stops_them_when_asked(
    own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path, commands: list[Command]
) -> None:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    world.platform.upload("1.1.0", "echo cannot go on; exit 3\n")
    ids = world.ids(3)
    world.platform.created(*ids)

    first = Command(world, tmp_path, "first")
    commands.append(first)
    world.expect_running(*ids)
    until(lambda: first.probe("/readyz") == 200, "it is ready")
    assert first.probe("/healthz") == 200
    kept = world.sight.running()
    assert first.end() == 0
    assert "3 bots keep running and will be adopted" in first.log
    assert world.sight.running() == kept

    second = Command(world, tmp_path, "second", "--on-exit", "stop")
    commands.append(second)
    until(lambda: second.probe("/readyz") == 200, "the next is ready")
    world.platform.updated(ids[2], version="1.1.0")
    until(lambda: world.sight.count("die", bot_id=ids[2]) >= 2, "a bad version crashes")
    until(lambda: "exit code 3" in second.log, "its exit code is told")
    own_mongo.stop()
    until(lambda: second.probe("/readyz") == 503, "it is not ready without its database")
    assert second.probe("/healthz") == 200
    own_mongo.start()
    until(lambda: second.probe("/readyz") == 200, "it is ready again")
    assert {bot_id: world.sight.running()[bot_id] for bot_id in ids[:2]} == {bot_id: kept[bot_id] for bot_id in ids[:2]}
    assert second.end() == 0
    assert world.sight.containers() == []
    assert "nothing is left running" in second.log
    assert world.sight.doubled() == []
