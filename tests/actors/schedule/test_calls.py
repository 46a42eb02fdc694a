"""What is taken of a run that ended."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.launch import RESULT, Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.schedule.calls import flaw_of_json, harvest
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeContainer

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans())
def test_json_has_no_flaw(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert not flaw_of_json(text)


def test_a_number_may_be_of_any_size() -> None:
    assert not flaw_of_json(b"[1" + b"0" * 10_000 + b", 1e999]")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (b"", "Expecting value"),
        (b"{'a': 1}", "double quotes"),
        (b'{"a": 1,}', "double quotes"),
        (b"[1] [2]", "Extra data"),
        (b'"\n"', "control character"),
        (json.dumps({"pnl": math.nan}).encode(), "NaN is no number"),
        (json.dumps([-math.inf]).encode(), "-Infinity is no number"),
        (b'"\xe9"', "'utf-8' codec"),
        ("{}".encode("utf-16"), "'utf-8' codec"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_what_is_no_json_is_told(text: bytes, flaw: str) -> None:
    assert flaw in flaw_of_json(text)


def test_p71_a_result_that_is_no_json_is_refused_with_its_reason() -> None:
    world = EngineWorld(SystemClock())
    container = FakeContainer("c1", "name", "bot", "ours", Status.EXITED, None, "hash", "print", Birth())
    container.handed_out[RESULT] = b"profit: 3"
    world.add(container)
    found = harvest(FakeEngine(world, "ours"), "c1")
    assert found.result is None
    assert found.refused.startswith("refused: result.json is no JSON: Expecting value")
