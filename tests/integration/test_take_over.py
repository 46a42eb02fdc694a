"""Containers that the Go runtime left are taken over, and no bot runs twice for a moment."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.parts.docker import SHELL_IMAGE
from tests.parts.platform import code_key, event
from tests.parts.runtimes import World
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]

SLOW_TO_END = "trap 'sleep 0.5; exit 0' TERM; while :; do sleep 0.1; done"
DEAF = "trap '' TERM; while :; do sleep 1; done"


def head(bot_id: str, script: str = SLOW_TO_END, kind: str = "realtime") -> dict[str, Any]:
    """Return what the newer Go runtime sends, on the tests' image and without a network."""
    tmpfs = "rw,nosuid,nodev,uid=1000,gid=1000"
    config = '{"name":"btc"}'
    return {
        "Image": SHELL_IMAGE,
        "Cmd": ["sh", "-c", script],
        "User": "1000:1000",
        "WorkingDir": "/tmp",
        "StopSignal": "SIGTERM",
        "Env": [
            "PYTHONDONTWRITEBYTECODE=1", f"ID={bot_id}", f"CONFIG={config}", "ENTRYPOINT_TYPE=bot",
            "CODE_MOUNT_DIR=bot", "STATE_DIR=/state/.the0-state", "MINIO_ENDPOINT=minio:9000", f"BOT_ID={bot_id}",
            f"CODE_FILE={code_key('1.0.0')}", "RUNTIME=python3.11", "ENTRYPOINT=main.py", f"BOT_CONFIG={config}",
            "IS_SCHEDULED=false", f"BOT_TYPE={kind}",
        ],
        "Labels": {**managed(bot_id), "runtime.type": kind},
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
            "Tmpfs": dict.fromkeys(("/bot", "/state", "/query", "/tmp", "/var/the0"), tmpfs),
            "Memory": 536870912,
            "CpuShares": 512,
            "AutoRemove": False,
        },
    }  # fmt: skip


def seed(bot_id: str, folder: str, script: str = SLOW_TO_END) -> dict[str, Any]:
    """Return what the older Go runtime sends: it removes itself at its end."""
    return {
        "Image": SHELL_IMAGE,
        "Cmd": ["sh", "-c", script],
        "WorkingDir": "/tmp",
        "StopSignal": "SIGTERM",
        "Env": ["PYTHONDONTWRITEBYTECODE=1", f"ID={bot_id}", "CONFIG={}", "ENTRYPOINT_TYPE=bot", "CODE_MOUNT_DIR=bot"],
        "Labels": {**managed(bot_id), "runtime.segment": "-1"},
        "HostConfig": {
            "NetworkMode": "host",
            "Binds": [f"{folder}:/bot"],
            "Memory": 536870912,
            "CpuShares": 512,
            "AutoRemove": True,
        },
    }


def managed(bot_id: str) -> dict[str, str]:
    return {"runtime.managed": "true", "runtime.id": bot_id, "runtime.entrypoint": "main.py"}


def start(world: World, body: Mapping[str, Any]) -> str:
    container: str = world.sight.client.create_container_from_config(body)["Id"]
    world.sight.client.start(container)
    return container


def test_the_go_runtimes_containers_are_replaced_one_by_one(world: World, tmp_path: Any) -> None:
    world.platform.upload("1.0.0")
    newer, older, deaf, ended, disabled, unknown, scheduled = world.ids(7)
    old = {bot_id: start(world, head(bot_id)) for bot_id in (newer, disabled, unknown)}
    old[older] = start(world, seed(older, str(tmp_path)))
    old[deaf] = start(world, seed(deaf, str(tmp_path), DEAF))
    old[ended] = start(world, head(ended, "exit 3"))
    old[scheduled] = start(world, head(scheduled, kind="scheduled"))
    wanted = (newer, older, deaf, ended)
    world.bots.insert_many([*(event(bot_id) for bot_id in wanted), event(disabled, enabled=False)])

    with world.runtime(stop_grace=1.0):
        until(lambda: world.sight.count("start") == len(old) + len(wanted), "the wanted ones were started anew", 60)
        until(lambda: set(world.sight.running()) == {*wanted, unknown, scheduled}, "they run, and one rests")

    after = world.sight.running()
    assert (after[unknown].id, after[scheduled].id) == (old[unknown], old[scheduled])
    for bot_id in wanted:
        assert [one.id for one in world.sight.containers() if one.bot_id == bot_id] == [after[bot_id].id]
        assert after[bot_id].reason == "taken over from the runtime that ran it before"
    assert world.sight.count("kill", bot_id=deaf) == 2
    assert world.sight.doubled() == []


def test_one_that_appears_while_we_run_is_taken_over_too(world: World) -> None:
    world.platform.upload("1.0.0")
    (bot_id,) = world.ids(1)
    with world.runtime():
        world.platform.created(bot_id)
        world.expect_running(bot_id)
        ours = world.sight.running()[bot_id]
        theirs = start(world, head(bot_id))  # here they are two, and not by us
        until(lambda: [one.id for one in world.sight.containers() if one.bot_id == bot_id] == [ours.id], "one is left")
        assert world.sight.count("die", bot_id=bot_id) == 1
        assert world.sight.events("die")[0].container_id == theirs
