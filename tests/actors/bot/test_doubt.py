"""A bot that is to stop although no event said so: it goes on, asks, and acts on a read that began after the answer."""

import pytest
from tests.actors.bot.test_step import NOW, RULES, RUNNING, calls, reads

from the0_actors.actors.bot import messages as bot
from the0_actors.actors.bot.effects import Ask, Effect, Send
from the0_actors.actors.bot.state import BotState, Rest
from the0_actors.actors.bot.step import step
from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Held, Wanted
from the0_actors.actors.ports.engine import Signal
from the0_actors.adapters.testing.store import spec_of

UNANNOUNCED = [Deleted(), Disabled()]
ANNOUNCED = [Deleted(buried=True), Disabled(announced=True), Held("by hand")]


def told(state: BotState, *messages: bot.Message) -> tuple[BotState, list[Effect]]:
    every: list[Effect] = []
    for message in messages:
        state, effects = step(state, message, RULES, NOW)
        every += effects
    return state, every


def runs() -> BotState:
    wanted = bot.ReadDone(Wanted(spec_of("bot", "1")), None)
    return told(BotState("bot", "the0-bot"), wanted, bot.Seen((RUNNING,), known=True, predecessors=()))[0]


@pytest.mark.parametrize("answer", UNANNOUNCED)
def test_it_runs_on_and_asks_once(answer: DocumentAnswer) -> None:
    state, effects = told(runs(), bot.ReadDone(answer, None), bot.ReadDone(answer, None))
    assert calls(effects) == []
    assert [effect for effect in effects if isinstance(effect, Ask)] == [Ask(asking=True)]
    assert "until it is confirmed" in state.transitions[-1].reason


@pytest.mark.parametrize("answer", UNANNOUNCED)
def test_allowed_it_reads_once_more_and_stops(answer: DocumentAnswer) -> None:
    state, _ = told(runs(), bot.ReadDone(answer, None))
    state, effects = told(state, bot.StopAllowed())
    assert (reads(effects), calls(effects)) == (1, [])
    state, effects = told(state, bot.ReadDone(answer, None))
    assert calls(effects) == [Send("c1", Signal.TERM)]
    assert isinstance(state.want, Rest)


def test_allowed_it_does_not_stop_when_its_document_is_back() -> None:
    state, _ = told(runs(), bot.ReadDone(Deleted(), None), bot.StopAllowed())
    state, effects = told(state, bot.ReadDone(Wanted(spec_of("bot", "1")), None))
    assert calls(effects) == []
    _, effects = told(state, bot.ReadDone(Deleted(), None))
    assert effects[-2:-1] == [Ask(asking=True)]  # what was allowed once is not allowed for ever


@pytest.mark.parametrize("answer", ANNOUNCED)
def test_what_was_announced_is_not_asked_about(answer: DocumentAnswer) -> None:
    _, effects = told(runs(), bot.ReadDone(answer, None))
    assert calls(effects) == [Send("c1", Signal.TERM)]
    assert not [effect for effect in effects if isinstance(effect, Ask)]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("answer", UNANNOUNCED)
def test_one_without_a_container_at_our_start_asks_nobody(answer: DocumentAnswer, first: int) -> None:
    """Whether the read or the listing comes first."""
    both: list[bot.Message] = [bot.ReadDone(answer, None), bot.Seen((), known=True, predecessors=())]
    state, effects = told(BotState("bot", "the0-bot"), both[first], both[1 - first], bot.ReadDone(answer, None))
    assert not [effect for effect in effects if isinstance(effect, Ask)]
    assert isinstance(state.want, Rest)


def test_one_with_a_container_at_our_start_asks_when_it_is_known() -> None:
    state, effects = told(BotState("bot", "the0-bot"), bot.ReadDone(Deleted(), None))
    assert not [effect for effect in effects if isinstance(effect, Ask)]
    _, effects = told(state, bot.Seen((RUNNING,), known=True, predecessors=()))
    assert Ask(asking=True) in effects
