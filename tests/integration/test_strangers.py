"""Two installations and the containers of others on one engine: nobody touches what is not theirs (P14)."""

import pytest
from tests.parts.docker import SHELL_IMAGE
from tests.parts.mongo import Mongo
from tests.parts.platform import event
from tests.parts.runtimes import World, Worlds
from tests.parts.waiting import until

from the0_actors.actors.ports.status import Phase

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.s3, pytest.mark.timeout(500)]

SLEEPS = {"Image": SHELL_IMAGE, "Cmd": ["sleep", "100000"], "HostConfig": {"NetworkMode": "none"}}
OWNER = "the0-actors.installation"


def test_p14_nobody_touches_what_is_not_theirs(worlds: Worlds, mongo: Mongo) -> None:
    one, other = worlds(mongo, None), worlds(mongo, None)
    ids = one.ids(4)
    for world in (one, other):
        world.platform.upload("1.0.0")
        world.bots.insert_many([event(bot_id) for bot_id in ids])  # the same ids in both
    strangers = [
        one.sight.client.create_container_from_config({**SLEEPS, "Labels": labels}, name)["Id"]
        for name, labels in {
            f"the0-{ids[0]}": {},
            f"{ids[0]}-monitor": {"runtime.id": ids[0]},
            f"{ids[0]}-theirs": {"runtime.id": ids[0], "runtime.managed": "true", OWNER: "0123456789ab"},
            f"{ids[0]}-unknown": {"runtime.id": f"{one.prefix}nobody", "runtime.managed": "true"},
        }.items()
    ]
    try:
        for stranger in strangers:
            one.sight.client.start(stranger)
        with one.runtime(one.changed(reconcile_interval=0.3)) as first, other.runtime(other.changed()) as second:
            until(
                lambda: len(first.holding({Phase.RUNNING})) == len(second.holding({Phase.RUNNING})) == 4,
                "both run theirs",
                60,
            )
            mine, theirs = first.status(), second.status()
            assert mine.installation != theirs.installation
            for bot_id in ids[:2]:
                one.bots.delete_one({"id": bot_id})
            one.bots.update_one({"id": ids[2]}, {"$set": {"config.enabled": False}})
            until(lambda: len(owned(one, mine.installation)) == 1, "three of the first's are gone", 30)
            assert {bot.container_id for bot in second.status().bots} == {bot.container_id for bot in theirs.bots}
            assert owned(one, theirs.installation) == {bot.container_id for bot in theirs.bots}
        states = [one.sight.client.inspect_container(stranger)["State"] for stranger in strangers]
        assert [state["Running"] for state in states] == [True] * 4
    finally:
        for stranger in strangers:
            one.sight.client.remove_container(stranger, force=True)


def owned(world: World, installation: str) -> set[str]:
    return {one.id for one in world.sight.containers("running") if one.labels.get(OWNER) == installation}
