"""A change that cannot be carried out leaves the old container running, and says why (P15)."""

from dataclasses import replace

import pytest
from tests.parts.platform import event
from tests.parts.runtimes import World, expect_phase
from tests.parts.waiting import until

from the0_actors.actors.ports.status import Phase
from the0_actors.supervisors import settings as chosen

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]


@pytest.mark.timeout(500)
def test_p15_what_cannot_be_carried_out_leaves_the_old_one_running(world: World) -> None:
    world.platform.upload("1.0.0")
    world.platform.upload("2.0.0", files={"../../etc/passwd": "root", "main.py": ""})
    world.platform.upload("3.0.0", files={"other.py": ""})
    absent, foreign, hostile, entry, refused, fresh = ids = world.ids(6)
    with world.runtime() as runtime:
        world.platform.created(*ids[:5])
        world.expect_running(*ids[:5])
        first = world.sight.running()
        world.platform.publish(
            ("updated", event(absent, "9.9.9")),
            ("updated", event(foreign, about={"runtime": "cobol85"})),
            ("updated", event(hostile, "2.0.0")),
            ("updated", event(entry, "3.0.0")),
            ("updated", event(refused, memory_limit="1Ki")),
            ("created", event(fresh, "2.0.0")),
        )
        expect_phase(runtime, absent, Phase.RUNNING, "9.9.9")
        expect_phase(runtime, foreign, Phase.RUNNING, "runs on; the wanted version cannot: runtime 'cobol85'")
        expect_phase(runtime, hostile, Phase.RUNNING, "../../etc/passwd")
        expect_phase(runtime, entry, Phase.RUNNING, "no entry point 'main.py'")
        expect_phase(runtime, refused, Phase.RUNNING, "6Mi is the least")
        expect_phase(runtime, fresh, Phase.PARKED, "../../etc/passwd")
        after = world.sight.running()
        assert {bot_id: after[bot_id] for bot_id in ids[:5]} == {bot_id: first[bot_id] for bot_id in ids[:5]}

        world.platform.updated(*ids, symbol="mended")
        world.expect_running(*ids)
        for bot_id in ids:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
    assert world.sight.doubled() == []


def test_a_version_that_is_uploaded_late_is_taken_when_it_comes(world: World) -> None:
    (bot_id,) = world.ids(1)
    with world.runtime() as runtime:
        world.platform.created(bot_id)
        expect_phase(runtime, bot_id, Phase.BACKOFF, "no object")
        world.platform.upload("1.0.0")
        world.expect_running(bot_id)
    assert world.sight.count("create") == 1


@pytest.mark.timeout(500)
def test_p06_an_emptied_database_stops_nobody(world: World) -> None:
    world.platform.upload("1.0.0")
    ids = world.ids(6)
    with world.runtime(world.changed(reconcile_interval=0.2)) as runtime:
        world.platform.created(*ids)
        world.expect_running(*ids)
        first = world.sight.running()
        until(runtime.ready, "the runtime is ready")
        world.databases.client.drop_database(world.databases.name)
        until(lambda: not runtime.ready(), "it is not ready any more")
        notes = {part.name: part.note for part in runtime.status().parts if not part.ok}
        assert "marker is gone" in notes.get("mongodb", ""), notes
        world.sight.client.kill(first[ids[0]].id)  # what runs is still looked after
        until(lambda: world.sight.running().get(ids[0], first[ids[0]]) != first[ids[0]], "a killed one runs again")
        expect_phase(runtime, ids[0], Phase.RUNNING)
    after = world.sight.running()
    assert {bot_id for bot_id in ids if after.get(bot_id) != first[bot_id]} == {ids[0]}
    # A new installation: all of this is somebody else's to it. (With NATS it would hear the whole stream anew.)
    with world.runtime(replace(world.settings, nats=chosen.Nats(""))) as runtime:
        until(runtime.ready, "a new runtime is ready")
        assert runtime.status().bots == ()
    assert world.sight.running() == after
