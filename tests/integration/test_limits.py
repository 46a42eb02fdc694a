"""What a bot asks for and keeps, over the real parts: parked above what is granted, and on again after an edit."""

import pytest
from tests.parts.runtimes import World
from tests.parts.waiting import until

from the0_actors.actors.ports.status import BotStatus, Phase
from the0_actors.supervisors.runtime import Runtime

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]

HOARDS = "while cat /bin/busybox; do :; done | head -c 3000000 >/state/hoard\necho up; exec sleep 100000\n"


def one_bot(runtime: Runtime) -> BotStatus | None:
    return next(iter(runtime.status().bots), None)


def in_phase(runtime: Runtime, phase: Phase) -> BotStatus:
    def look() -> BotStatus | None:
        bot = one_bot(runtime)
        return bot if bot is not None and bot.phase is phase else None

    found = until(look, f"the bot is {phase}", 60)
    assert found is not None
    return found


def test_a_bot_that_keeps_too_much_is_parked_and_goes_on_when_it_may_keep_more(world: World) -> None:
    world.platform.upload("1.0.0", HOARDS)
    (bot_id,) = world.ids(1)
    with world.runtime(measure=0.5) as runtime:
        until(runtime.ready, "the runtime is ready")
        world.platform.created(bot_id, state_limit="1Mi", stop_grace=1)
        assert in_phase(runtime, Phase.PARKED).reason.startswith("its state takes 2.8")
        assert world.sight.running() == {}
        assert any(bot_id in alarm for alarm in runtime.status().alarms)
        world.platform.updated(bot_id, state_limit="16Mi", stop_grace=1)
        world.expect_running(bot_id)
        until(lambda: not runtime.status().alarms, "the alarm is over", 30)


def test_a_bot_that_asks_for_more_than_the_host_has_is_parked_and_may_ask_for_less(world: World) -> None:
    world.platform.upload("1.0.0")
    (bot_id,) = world.ids(1)
    with world.runtime() as runtime:
        until(runtime.ready, "the runtime is ready")
        world.platform.created(bot_id, memory_limit="64Ti")
        reason = in_phase(runtime, Phase.PARKED).reason
        assert reason.startswith("config.memory_limit '64Ti' is above the ceiling of ")
        assert reason.endswith("what the engine's host has; --max-memory raises it")
        world.platform.updated(bot_id, memory_limit="512m")
        until(lambda: "write 512Mi" in in_phase(runtime, Phase.PARKED).reason, "the hint is there", 30)
        world.platform.updated(bot_id, memory_limit="64MB", cpu_limit=1)
        world.expect_running(bot_id)
        (container,) = world.sight.running().values()
        host = world.sight.client.inspect_container(container.id)["HostConfig"]
        assert (host["Memory"], host["NanoCpus"]) == (64_000_000, 10**9)
