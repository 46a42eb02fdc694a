"""The launch plan: a pure function from a spec to a command and an environment."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parts.bots import spec

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.errors import Unlaunchable
from the0_actors.adapters.launch.plan import (
    PREVIOUS_END_LIMIT,
    SUPPORTED,
    Folders,
    birth_env,
    check_launch,
    launch_plan,
)


def test_the_environment_is_the_contracts() -> None:
    plan = launch_plan(spec(config_json='{"a":1}'), Birth())
    expected = {
        "BOT_ID": "bot1",
        "BOT_CONFIG": '{"a":1}',
        "BOT_TYPE": "realtime",
        "IS_SCHEDULED": "false",
        "RUNTIME": "python3.11",
        "ENTRYPOINT": "main.py",
        "ENTRYPOINT_TYPE": "bot",
        "SCRIPT_PATH": "main.py",
        "CODE_MOUNT_DIR": "bot",
        "STATE_DIR": "/state/.the0-state",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
    }
    assert expected.items() <= plan.env.items()


def test_p53_no_variable_is_for_anything_but_the_bot() -> None:
    env = launch_plan(spec(kind=Kind.SCHEDULED), Birth(), Folders(result="/result")).env
    assert not [name for name in env if name.startswith(("MINIO", "NATS", "MONGO", "AWS", "DOCKER"))]
    assert sum("{}" in value for value in env.values()) == 1, "the configuration stands there once"


def test_a_birth_does_not_reach_what_is_fingerprinted() -> None:
    plan = launch_plan(spec(), Birth())
    other = launch_plan(spec(), Birth(incarnation=7, short_lives=2, previous_end="exit 3", reason="why"))
    assert (plan.argv, plan.env) == (other.argv, other.env)
    assert other.birth_env == {"BOT_INCARNATION": "7", "BOT_PREVIOUS_END": "exit 3"}
    assert not plan.env.keys() & plan.birth_env.keys()


@pytest.mark.parametrize(("runtime", "interpreter"), [("python3.11", "python3"), ("nodejs20", "node")])
def test_exe_01_an_interpreter_and_the_built_in_wrapper(runtime: str, interpreter: str) -> None:
    argv = launch_plan(spec(runtime=runtime), Birth()).argv
    assert argv[:2] == ("/bin/sh", "-c")
    assert argv[-1] == interpreter
    assert "BOT_CONFIG" in argv[4], "the wrapper's text"


def test_supported_is_what_a_plan_can_be_made_for() -> None:
    for runtime in SUPPORTED:
        check_launch(spec(runtime=runtime))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"runtime": "cobol85"}, r"'cobol85' is not one of nodejs20, python3\.11"),
        ({"entrypoint": ""}, "no entry point"),
        ({"entrypoint": "/etc/passwd"}, "stay inside"),
        ({"entrypoint": "../main.py"}, "stay inside"),
        ({"entrypoint": "src/../../main.py"}, "stay inside"),
        ({"entrypoint": "main.py\n"}, "stay inside"),
        ({"entrypoint": "main\0.py"}, "stay inside"),
        ({"config_json": '"' + "x" * 131072 + '"'}, r"BOT_CONFIG takes \d+ bytes"),
        ({"bot_id": "a\0b"}, "BOT_ID has a NUL"),
        ({"bot_id": "a\ud800"}, "BOT_ID is no valid text"),
    ],
)
def test_what_can_never_start_is_named(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(Unlaunchable, match=reason):
        check_launch(spec(**changes))


def test_the_largest_configuration_that_fits_is_taken() -> None:
    room = 128 * 1024 - len("BOT_CONFIG=") - 1
    check_launch(spec(config_json='"' + "x" * (room - 2) + '"'))
    with pytest.raises(Unlaunchable):
        check_launch(spec(config_json='"' + "x" * (room - 1) + '"'))


@given(st.text(), st.sampled_from(sorted(SUPPORTED)), st.text(string.printable, max_size=40))
def test_p54_any_id_and_entry_point_is_a_plan_or_unlaunchable(bot_id: str, runtime: str, entrypoint: str) -> None:
    odd = spec(bot_id=bot_id, runtime=runtime, entrypoint=entrypoint)
    try:
        plan = launch_plan(odd, Birth())
    except Unlaunchable:
        return
    assert plan.env["BOT_ID"] == bot_id
    assert plan.argv == launch_plan(replace(odd, bot_id="other"), Birth()).argv, "no id in a shell's text"


@given(st.text(), st.integers(1, 10**6))
def test_a_birth_always_fits(previous_end: str, incarnation: int) -> None:
    env = birth_env(Birth(incarnation=incarnation, previous_end=previous_end))
    assert len(env["BOT_PREVIOUS_END"]) <= PREVIOUS_END_LIMIT
    assert "\0" not in env["BOT_PREVIOUS_END"]
    env["BOT_PREVIOUS_END"].encode()
