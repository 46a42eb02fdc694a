"""What is told is news where it differs from what is known; during a call it is weighed against the answer."""

from dataclasses import replace

import pytest
from tests.actors.bot.test_step import NOW, RULES, RUNNING

from the0_actors.actors.bot.effects import EngineCall, Find, Launch, Look, Remove
from the0_actors.actors.bot.messages import CallDone, ContainerHint, ContainersSeen
from the0_actors.actors.bot.outcomes import call_done
from the0_actors.actors.bot.sightings import MOST, Sighting, hear
from the0_actors.actors.bot.state import UNKNOWN, BotState
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.engine import Fresh, Happening
from the0_actors.adapters.testing.store import spec_of

START = Launch(Fresh(spec_of("bot", "1"), "hash"), Birth())
RUNS = ContainersSeen((("c1", Status.RUNNING),))
NONE = ContainersSeen(())


def event(happening: Happening, container_id: str = "c1") -> ContainerHint:
    return ContainerHint(container_id, happening)


def having(have: Observed | None, call: EngineCall | None = None) -> BotState:
    return BotState("bot", "the0-bot", have=have, call=call)


@pytest.mark.parametrize(
    ("have", "sighting", "look", "find"),
    [
        (RUNNING, event(Happening.STARTED), False, False),
        (RUNNING, event(Happening.DIED), True, False),
        (RUNNING, event(Happening.PAUSED), True, False),
        (RUNNING, event(Happening.OTHER), True, False),
        (RUNNING, event(Happening.REMOVED), True, False),
        (RUNNING, event(Happening.STARTED, "c2"), True, True),
        (RUNNING, event(Happening.REMOVED, "c0"), False, False),
        (RUNNING, ContainerHint(), True, False),
        (None, event(Happening.REMOVED), False, False),
        (None, event(Happening.STARTED), True, True),
        (RUNNING, RUNS, False, False),
        (RUNNING, NONE, True, False),
        (RUNNING, ContainersSeen((("c1", Status.EXITED),)), True, False),
        (RUNNING, ContainersSeen((*RUNS.containers, ("c2", Status.RUNNING))), True, True),
        (None, NONE, False, False),
        (None, RUNS, True, False),
    ],
)
def test_what_says_what_is_known_is_no_news(have: Observed | None, sighting: Sighting, look: bool, find: bool) -> None:
    state = hear(having(have), sighting)
    assert (state.look_due, state.find_due) == (look, find)


@pytest.mark.parametrize("call", [Look("c1"), Find()])
def test_what_is_told_during_a_look_is_looked_at_again(call: Look | Find) -> None:
    """It may have happened after what the look saw."""
    assert hear(having(RUNNING, call=call), event(Happening.STARTED)).look_due


def test_where_nothing_is_known_everything_is_news() -> None:
    assert hear(BotState("bot", "the0-bot", have=UNKNOWN), event(Happening.REMOVED)).look_due


@pytest.mark.parametrize(
    ("told", "look"),
    [
        ([Happening.STARTED], False),
        ([Happening.STARTED, Happening.DIED], True),
        ([Happening.DIED, Happening.STARTED], True),
        ([Happening.STARTED] * (MOST + 1), False),
        ([*Happening], True),
    ],
)
def test_what_is_told_during_a_launch_is_weighed_against_its_answer(told: list[Happening], look: bool) -> None:
    state = having(None, call=START)
    for happening in told:
        state = hear(state, event(happening))
    assert state.call == START
    state = call_done(state, CallDone(START, "c1", None), RULES, NOW)
    assert isinstance(state.have, Observed)
    assert (state.have.container_id, state.have.status, state.have.fingerprint) == ("c1", Status.RUNNING, "1/hash")
    assert (state.look_due, state.heard) == (look, ())


def test_p03_after_a_launch_whose_answer_is_lost_everything_is_news() -> None:
    state = hear(having(None, call=START), event(Happening.STARTED))
    state = call_done(state, CallDone(START, None, Unavailable("engine", "lost")), RULES, NOW)
    assert (state.look_due, state.find_due) == (True, True)


def test_another_one_that_starts_during_a_removal_is_searched_for() -> None:
    gone, removal = event(Happening.REMOVED), Remove("c1")
    state = hear(having(RUNNING, call=removal), gone)
    state = call_done(state, CallDone(removal, None, None), RULES, NOW)
    assert (state.have, state.look_due, state.find_due) == (None, False, False)
    state = hear(hear(having(RUNNING, call=removal), gone), event(Happening.STARTED, "c2"))
    assert call_done(state, CallDone(removal, None, None), RULES, NOW).find_due


def test_where_not_all_is_told_a_removal_is_followed_by_a_search() -> None:
    state = having(RUNNING, call=Remove("c1"))
    deaf = replace(NOW, followed=False)
    assert call_done(state, CallDone(Remove("c1"), None, None), RULES, deaf).find_due
