"""What hands do to containers is healed, and a bot that crashes is started again at growing distances (P27, P40)."""

import random

import pytest
from tests.parts.runtimes import World, bot, expect_phase
from tests.parts.waiting import until

from the0_actors.actors.domain.restart_policy import RestartPolicy
from the0_actors.actors.ports.status import Phase

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]

QUICK = RestartPolicy(base=0.2)


class Even(random.Random):
    """Chance that always falls in the middle."""

    def random(self) -> float:
        return 0.5


@pytest.mark.timeout(500)
def test_p40_what_is_done_by_hand_is_healed(world: World) -> None:
    world.platform.upload("1.0.0")
    killed, removed, paused, stopped, renamed, left = ids = world.ids(6)
    with world.runtime(policy=QUICK) as runtime:
        world.platform.created(*ids)
        for bot_id in ids:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        first, engine = world.sight.running(), world.sight.client
        engine.kill(first[killed].id)
        engine.remove_container(first[removed].id, force=True)
        engine.pause(first[paused].id)
        engine.stop(first[stopped].id)
        engine.rename(first[renamed].id, f"{first[renamed].name}-by-hand")

        again = {killed, removed, stopped}
        until(lambda: {one for one, found in world.sight.running().items() if found.incarnation == 2} == again, "three")
        until(lambda: world.sight.count("unpause", bot_id=paused) == 1, "the paused one is resumed")
        for bot_id in ids:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        after = world.sight.running()
        assert {bot_id: after[bot_id].id for bot_id in (paused, left, renamed)} == {
            bot_id: first[bot_id].id for bot_id in (paused, left, renamed)
        }
        assert "killed by signal 9 (exit code 137)" in after[killed].reason
        assert "exit code 143" in after[stopped].reason
        assert after[removed].reason == "its container was removed by somebody else"
        assert world.sight.environment(after[killed])["BOT_INCARNATION"] == "2"
    with world.runtime() as runtime:  # one that knows nothing of the new name
        expect_phase(runtime, renamed, Phase.RUNNING, "as wanted")
        assert world.sight.running() == after
        world.platform.updated(renamed, symbol="ETH/USD")
        until(lambda: world.sight.running().get(renamed, after[renamed]) != after[renamed], "the renamed is replaced")
        assert world.sight.running()[renamed].name == first[renamed].name
    assert world.sight.doubled() == []


@pytest.mark.timeout(500)
def test_p27_a_crash_loop_grows_sparse_and_says_why(world: World) -> None:
    world.platform.upload("1.0.0", "echo the last words of $BOT_INCARNATION; exit 7\n")
    world.platform.upload("1.1.0")
    (bot_id,) = world.ids(1)
    with world.runtime(policy=RestartPolicy(base=0.5, loop_after=4), rng=Even()) as runtime:
        world.platform.created(bot_id)
        found = expect_phase(runtime, bot_id, Phase.CRASH_LOOPING, "exit code 7")
        until(lambda: (one := bot(runtime, bot_id)) is not None and "last words" in one.log_tail, "the tail is read")
        assert found.last_exit.startswith("exit code 7 after")
        ends = [one.at for one in world.sight.events("die", bot_id=bot_id)]
        starts = [one.at for one in world.sight.events("start", bot_id=bot_id)][1:]
        gaps = [start - end for start, end in zip(starts, ends, strict=False)]
        policy = [0.25, 0.5, 1.0]
        assert all(gap >= least for gap, least in zip(gaps, policy, strict=False)), gaps

        world.platform.updated(bot_id, version="1.1.0")  # mended: it is not waited for the end of a gap
        expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
    assert world.sight.running()[bot_id].reason == "changed to version 1.1.0"
    assert world.sight.doubled() == []
