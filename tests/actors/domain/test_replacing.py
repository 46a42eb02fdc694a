"""The quick `replace` does what the library's does."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.bot.state import BotState
from the0_actors.actors.domain.replacing import replace
from the0_actors.actors.schedule.state import ScheduleState

STATES = (BotState("b", "the0-b"), ScheduleState("b", "the0-b"))


@dataclasses.dataclass(frozen=True, slots=True)
class One:
    member: int


@given(st.data(), st.sampled_from(STATES))
def test_it_is_the_librarys_replace(data: st.DataObject, state: Any) -> None:
    names = [field.name for field in dataclasses.fields(state)]
    changes = data.draw(st.dictionaries(st.sampled_from(names), st.integers()))
    assert replace(state, **changes) == dataclasses.replace(state, **changes)


def test_a_dataclass_with_one_member() -> None:
    assert replace(One(1), member=2) == One(2)


def test_a_member_that_there_is_not_is_an_error() -> None:
    misspelt: dict[str, Any] = {"membre": 2}
    with pytest.raises(ValueError, match="not in tuple"):
        replace(One(1), **misspelt)
