"""Many bots at once, and then quiet: the engine is not flooded (P73), and a healthy runtime warns of nothing (P72)."""

import logging

import pytest
import structlog
from tests.parts.platform import event
from tests.parts.runtimes import World
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]

BOTS = 30
AT_ONCE = 3


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_p73_p72_a_mass_start_is_paced_and_quiet_hours_are_quiet(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.platform.upload("1.0.0")
    ids = world.ids(BOTS)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    with (
        caplog.at_level(logging.WARNING),
        structlog.testing.capture_logs() as entries,
        world.runtime(world.changed(reconcile_interval=0.1), concurrent=AT_ONCE) as runtime,
    ):
        world.expect_running(*ids, seconds=120)
        assert 1 < world.sight.most_at_once("create", "start") <= AT_ONCE
        calls = world.sight.count("create", "start", "kill", "die", "destroy")
        age = runtime.status().uptime
        until(lambda: runtime.status().uptime > age + 2.0, "twenty polls")
        assert world.sight.count("create", "start", "kill", "die", "destroy") == calls == 2 * BOTS
    assert [entry for entry in entries if entry["log_level"] in {"warning", "error", "critical"}] == []
    assert caplog.records == []
