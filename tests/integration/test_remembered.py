"""What the database remembers while no runtime runs, and what follows from it at the next start."""

import pytest
from tests.parts.nats import Nats
from tests.parts.platform import event
from tests.parts.runtimes import World
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]


def test_a_stream_that_was_recreated_meanwhile_is_an_alarm_in_status(world: World, nats: Nats) -> None:
    world.platform.upload("1.0.0")
    bot_id = world.ids(1)[0]
    with world.runtime() as runtime:
        until(runtime.ready, "the runtime is ready")
        world.platform.publish(("created", event(bot_id, "1.0.0")))
        world.expect_running(bot_id)
        assert runtime.status().alarms == ()
    nats.delete_stream()
    nats.make_stream()
    with world.runtime() as runtime:
        until(lambda: any("recreated" in alarm for alarm in runtime.status().alarms), "the alarm")
        world.expect_running(bot_id)


def test_the_state_of_a_bot_that_was_deleted_by_another_runtime_is_removed(world: World) -> None:
    world.platform.upload("1.0.0")
    deleted, kept = world.ids(2)
    with world.runtime() as runtime:
        until(runtime.ready, "the runtime is ready")
        world.platform.publish(*(("created", event(bot_id, "1.0.0")) for bot_id in (deleted, kept)))
        world.expect_running(deleted, kept)
        world.platform.publish(("deleted", event(deleted, "1.0.0")))
        world.expect_running(kept)
        assert world.sight.states() == {deleted, kept}
    with world.runtime(keep_state=0.0, sweep_interval=0.5):
        until(lambda: world.sight.states() == {kept}, f"the state of {deleted} is removed")
        world.expect_running(kept)
