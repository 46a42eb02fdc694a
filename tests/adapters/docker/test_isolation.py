"""What a bot can and cannot do inside its container."""

from dataclasses import replace
from queue import SimpleQueue

import docker
import pytest
from docker.errors import APIError
from tests.adapters.docker.conftest import Engines, create, ended, output, spec
from tests.parts.docker import PYTHON_OPTIONS, SHELL_OPTIONS
from tests.parts.waiting import until

from the0_actors.actors.domain.observed import Status
from the0_actors.actors.ports.engine import EngineEvent, Happening, Signal

pytestmark = pytest.mark.docker

TRY = r"""
try() { if sh -c "$2" >/dev/null 2>&1; then echo "$1 yes"; else echo "$1 no"; fi; }
try bot 'mkdir -p /bot/deep/er && touch /bot/deep/er/file'
try state 'touch /state/file'
try tmp 'touch /tmp/file'
try exec-bot 'cp /bin/busybox /bot/true && /bot/true true'
try exec-tmp 'cp /bin/busybox /tmp/true && /tmp/true true'
try code 'touch /code/files/file'
try root 'touch /file'
try chown 'chown 0:0 /bot'
[ "$(id -u)" -ge 1879048192 ] && [ "$(id -u)" = "$(id -g)" ] && echo "a user of its own"
grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status
"""


def test_the_bot_may_write_where_it_should_and_nowhere_else(engines: Engines) -> None:
    engine = engines()
    container_id = create(engine, spec(), TRY)
    engine.start(container_id)
    ended(engine, container_id)
    lines = output(engine, container_id).replace("\t", " ").splitlines()
    assert lines[:9] == [
        "bot yes",
        "state yes",
        "tmp yes",
        "exec-bot yes",
        "exec-tmp no",
        "code no",
        "root no",
        "chown no",
        "a user of its own",
    ]
    assert sorted(lines[9:]) == ["CapBnd: 0000000000000000", "CapEff: 0000000000000000", "NoNewPrivs: 1"]


def test_limits_reach_the_engine(engines: Engines, docker_client: docker.APIClient) -> None:
    engine = engines()
    limited = replace(spec(), memory_bytes=64 << 20, cpu_millis=250, stop_grace=7.0)
    answer = docker_client.inspect_container(create(engine, limited))
    host = answer["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (64 << 20, 64 << 20, 250_000_000)
    assert (host["PidsLimit"], host["CpuShares"]) == (512, 512)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert (answer["Config"]["StopTimeout"], answer["Config"]["StopSignal"]) == (7, "SIGTERM")


def test_the_bots_folder_is_bounded(engines: Engines) -> None:
    engine = engines(replace(SHELL_OPTIONS, bot_tmpfs=1 << 20))
    fill = "cat /dev/zero >/bot/full 2>/dev/null; stat -c %s /bot/full"
    container_id = create(engine, spec(), fill)
    engine.start(container_id)
    ended(engine, container_id)
    assert 0 < int(output(engine, container_id)) <= 1 << 20


def test_p52_out_of_memory_is_named(engines: Engines) -> None:
    engine = engines()
    hungry = replace(spec(), memory_bytes=16 << 20)
    container_id = create(engine, hungry, 'x=0123456789; while :; do x="$x$x"; done')
    engine.start(container_id)
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.exit.oom


def test_p52_a_child_that_takes_too_much_is_told_while_its_bot_goes_on(engines: Engines) -> None:
    engine, heard = engines(), SimpleQueue[EngineEvent]()
    watch = engine.watch(heard.put, lambda _: None)
    hungry = replace(spec(), memory_bytes=16 << 20)
    child = "x=0123456789; while :; do x=$x$x; done"
    container_id = create(engine, hungry, f"sh -c '{child}'; echo goes on; exec sleep 1000")
    engine.start(container_id)
    told = [heard.get(timeout=20).happening for _ in range(2)]
    assert told == [Happening.STARTED, Happening.SHORT_OF_MEMORY]
    until(lambda: "goes on" in output(engine, container_id), "it goes on")
    found = engine.look(container_id)
    assert found is not None
    assert found.status is Status.RUNNING
    watch.close()


def test_p53_no_platform_secret_is_readable(engines: Engines) -> None:
    engine = engines()
    container_id = create(engine, spec(), "env | sort; cat /proc/1/environ | tr '\\0' '\\n'")
    engine.start(container_id)
    ended(engine, container_id)
    text = output(engine, container_id).upper()
    assert "BOT_ID=BOT" in text
    for word in ("MINIO", "NATS", "MONGO", "SECRET", "ACCESS_KEY", "AWS", "DOCKER"):
        assert word not in text


def test_p61_children_of_the_bot_do_not_outlive_it(engines: Engines, docker_client: docker.APIClient) -> None:
    engine = engines()
    container_id = create(engine, spec(), "(sleep 1000 & sleep 1000 &) & trap '' TERM; echo up; sleep 1000")
    engine.start(container_id)
    until(lambda: "up" in output(engine, container_id), "the bot runs")
    inside = until(lambda: _processes(docker_client, container_id) >= 4, "its children run")
    assert inside
    engine.signal(container_id, Signal.KILL)
    ended(engine, container_id)
    with pytest.raises(APIError):
        docker_client.top(container_id)


def test_a_real_python_bot_is_started_stopped_and_keeps_its_state(engines: Engines, python_image: str) -> None:
    engine = engines(PYTHON_OPTIONS)
    program = """
import os, pathlib, time
def main(bot_id, config):
    seen = pathlib.Path(os.environ["STATE_DIR"], "seen")
    seen.write_text(config["symbol"])
    print("bot", bot_id, config["symbol"], seen.read_text())
    try:
        while True:
            time.sleep(0.05)
    finally:
        print("goodbye")
"""
    container_id = create(engine, spec(entrypoint="main.py"), program)
    engine.start(container_id)
    until(lambda: "bot bot A/B A/B" in output(engine, container_id), "the bot runs")
    engine.signal(container_id, Signal.TERM)
    found = ended(engine, container_id)
    assert found.exit is not None
    assert found.exit.code == 0
    assert output(engine, container_id).endswith("goodbye\n")


def _processes(client: docker.APIClient, container_id: str) -> int:
    return len(client.top(container_id)["Processes"])
