"""What a config asks for: read as people write it, said where it is not understood, refused above the ceilings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.limits import (
    CPU,
    GRACE,
    LEAST_MEMORY,
    MEMBERS,
    MEMORY,
    PIDS,
    TIMEOUT,
    Ceiling,
    asked,
    refusal,
    remark,
)

CEILINGS = {
    "memory_limit": Ceiling(2 << 30, "--max-memory", "what the engine's host has"),
    "cpu_limit": Ceiling(2000, "--max-cpus"),
    "pids_limit": Ceiling(4096, "--max-pids"),
    "stop_grace": Ceiling(600.0, "--max-stop-grace"),
    "timeout": Ceiling(3600.0, "--max-timeout"),
}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(60, 60), (1.5, 1.5), (0, 0), ("60", 60), ("60s", 60), ("1m30s", 90), ("0.5", 0.5), (-1, None), ("-1s", None)],
)
def test_a_grace_is_read_as_people_write_it(value: object, seconds: float | None) -> None:
    assert asked({"stop_grace": value}, GRACE) == seconds


@pytest.mark.parametrize("config", [{}, {"memory_limit": None, "cpu_limit": ""}, {"memory_limit": "64Mi"}])
def test_nothing_is_said_where_all_is_understood(config: dict[str, Any]) -> None:
    assert (remark(config), refusal(config, CEILINGS)) == ("", "")


@pytest.mark.parametrize("value", ["lots", "1g", True, [], {}, "-5", 0])
@pytest.mark.parametrize("member", [MEMORY, CPU, PIDS])
def test_what_is_not_understood_is_said_with_an_example(member: Any, value: object) -> None:
    said = remark({member.name: value})
    assert said.startswith(f"config.{member.name} {value!r} is not understood, the default holds: write ")
    assert refusal({member.name: value}, CEILINGS) == ""


def test_a_long_value_is_cut() -> None:
    assert len(remark({"memory_limit": "x" * 10_000})) < 200


@pytest.mark.parametrize(
    ("value", "hint"), [("512m", "write 512Mi"), (512, "write 512Mi"), ("512", "write 512Mi"), ("5Mi", "write 512Mi")]
)
def test_a_size_that_no_container_starts_with_says_what_was_meant(value: object, hint: str) -> None:
    said = refusal({"memory_limit": value}, {})
    assert said.startswith(f"config.memory_limit {value!r} means ")
    assert said.endswith(f"and 6Mi is the least; {hint}")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"memory_limit": "64Gi"},
            (
                "config.memory_limit '64Gi' is above the ceiling of 2Gi, "
                "what the engine's host has; --max-memory raises it"
            ),
        ),
        ({"cpu_limit": 3}, "config.cpu_limit 3 is above the ceiling of 2; --max-cpus raises it"),
        ({"pids_limit": 5000}, "config.pids_limit 5000 is above the ceiling of 4096; --max-pids raises it"),
        ({"stop_grace": "1h"}, "config.stop_grace '1h' is above the ceiling of 10m0s; --max-stop-grace raises it"),
    ],
)
def test_a_refusal_names_member_value_ceiling_and_setting(config: dict[str, Any], said: str) -> None:
    assert refusal(config, CEILINGS) == said
    assert refusal(config, {}) == ""


def test_a_timeout_is_a_limit_of_scheduled_bots_alone() -> None:
    config = {"timeout": "2h"}
    assert refusal(config, CEILINGS) == ""
    assert "config.timeout '2h' is above the ceiling of 1h0m0s" in refusal(config, CEILINGS, (*MEMBERS, TIMEOUT))


@given(st.dictionaries(st.sampled_from([each.name for each in MEMBERS]), st.text() | st.floats() | st.integers()))
def test_any_config_gets_an_answer(config: dict[str, Any]) -> None:
    for member in MEMBERS:
        value = asked(config, member)
        assert value is None or value >= 0
    assert "\n" not in remark(config)
    if asked(config, MEMORY) is not None and asked(config, MEMORY) < LEAST_MEMORY:
        assert refusal(config, {})
