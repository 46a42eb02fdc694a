"""The create request: its fingerprint and its isolation."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.docker.test_labels import BIRTHS

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.errors import Unlaunchable
from the0_actors.adapters.docker import body
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine
from the0_actors.adapters.docker.options import IMAGES, DockerOptions

SPEC = LaunchSpec("bot", Kind.REALTIME, "python3.11", "main.py", "user/bot/1.0.0", "1.0.0", '{"a":1}')
HASH = "0" * 64
NOWHERE = ClientSettings(host="unix:///nowhere.sock")

CHANGES: list[dict[str, Any]] = [
    {"bot_id": "other"},
    {"kind": Kind.SCHEDULED},
    {"runtime": "nodejs20"},
    {"entrypoint": "other.py"},
    {"code_key": "user/bot/1.0.1"},
    {"code_version": "1.0.1"},
    {"config_json": '{"a":2}'},
    {"memory_bytes": 1 << 28},
    {"cpu_millis": 500},
    {"stop_grace": 5.0},
    {"stop_grace": 5.25},
    {"pids": 64},
    {"state_bytes": 1 << 28},
]
OPTIONS: list[dict[str, Any]] = [
    {"images": {**IMAGES, "python3.11": "python:3.11.9-slim"}},
    {"memory": 1 << 27},
    {"cpu_shares": 100},
    {"pids": 100},
    {"bot_tmpfs": 1 << 20},
    {"tmp_tmpfs": 1 << 20},
    {"log_size": "1m"},
    {"log_files": 1},
    {"network": "mine"},
    {"uid": 1001},
    {"gid": 1001},
    {"extra_hosts": ()},
]


def fingerprint(spec: LaunchSpec = SPEC, code_hash: str = HASH, options: DockerOptions | None = None) -> str:
    return DockerEngine(NOWHERE, "0123456789ab", options).fingerprint(spec, code_hash)


def test_p13_every_input_changes_the_fingerprint() -> None:
    found = [fingerprint(), fingerprint(code_hash="1" * 64)]
    found += [fingerprint(replace(SPEC, **change)) for change in CHANGES]
    found += [fingerprint(options=DockerOptions(**change)) for change in OPTIONS]
    assert len(set(found)) == len(found) == 2 + len(CHANGES) + len(OPTIONS)


def test_p13_every_field_of_a_spec_was_tried() -> None:
    assert {name for change in CHANGES for name in change} == set(LaunchSpec.__slots__)


def test_p13_a_no_op_rewrite_changes_nothing() -> None:
    assert fingerprint(replace(SPEC)) == fingerprint()
    shuffled = {name: IMAGES[name] for name in reversed(list(IMAGES))}
    assert fingerprint(options=DockerOptions(images=shuffled)) == fingerprint()
    more = {**IMAGES, "rust-stable": "rust:1.83-slim"}
    assert fingerprint(options=DockerOptions(images=more)) == fingerprint()


def test_p39_neither_birth_nor_network_number_is_in_it() -> None:
    wanted = body.wanted(SPEC, HASH, "0123456789ab", DockerOptions())
    before = body.fingerprint(SPEC, wanted)
    body.born(wanted, "the0-0123456789ab-net-7", Birth(incarnation=9, previous_end="x"), {})
    assert body.fingerprint(SPEC, wanted) == before


@given(BIRTHS, BIRTHS)
def test_p75_a_birth_replaces_the_one_before(first: Birth, second: Birth) -> None:
    wanted = body.wanted(SPEC, HASH, "0123456789ab", DockerOptions())
    once = body.born(wanted, "net", second, {})
    assert body.born(body.born(wanted, "net", first, {}), "net", second, {}) == once
    assert len({entry.partition("=")[0] for entry in once["Env"]}) == len(once["Env"])


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    program = "from tests.adapters.docker.test_body import fingerprint; print(fingerprint())"
    root = Path(__file__).parents[3]
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}{os.pathsep}{root / 'lib'}"},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{fingerprint()}\n".encode()}


@given(st.builds(replace, st.just(SPEC), bot_id=st.text(), config_json=st.text()))
def test_p54_any_text_has_a_fingerprint(spec: LaunchSpec) -> None:
    try:
        DockerEngine(NOWHERE, "0123456789ab").check(spec)
    except Unlaunchable:
        return
    assert len(fingerprint(spec)) == 64


def test_the_isolation_defaults_stand_in_the_request() -> None:
    host = body.wanted(SPEC, HASH, "0123456789ab", DockerOptions())["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Memory"] == host["MemorySwap"] == 512 << 20
    assert (host["CpuShares"], host["PidsLimit"], host["Init"], host["AutoRemove"]) == (512, 512, False, False)
    assert host["RestartPolicy"] == {"Name": "no"}
    assert "Privileged" not in host
    assert "Binds" not in host


def test_p53_the_environment_holds_the_bots_own_matters_only() -> None:
    wanted = body.born(body.wanted(SPEC, HASH, "0123456789ab", DockerOptions()), "net", Birth(), {})
    for word in ("MINIO", "NATS", "MONGO", "SECRET", "ACCESS_KEY", "AWS"):
        assert not any(word in entry for entry in wanted["Env"])


def test_an_installation_that_is_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match="installation"):
        DockerEngine(NOWHERE, "No Name")
