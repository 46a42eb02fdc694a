"""The pure step: what a bot does next, in the few cases that a whole tree meets too seldom. See `tests.simulation`."""

from dataclasses import replace
from typing import Any, Final

import pytest

from the0_actors.actors.bot import messages as bot
from the0_actors.actors.bot.effects import Effect, Launch, Look, Prepare, Read, Remove, Send
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.state import BotState
from the0_actors.actors.bot.step import begin, step
from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Wanted
from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Exit, Observed, Status
from the0_actors.actors.ports.engine import Signal
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.adapters.testing.store import spec_of

RULES: Final = Rules(fingerprint=lambda spec, code_hash: f"{spec.code_version}/{code_hash}")
NOW: Final = Now(100.0, 1_000.0, 0.5)


def reads(effects: list[Effect]) -> int:
    return sum(isinstance(effect, Read) for effect in effects)


@pytest.mark.parametrize("answer", [Wanted(spec_of("bot", "1")), Disabled(), Deleted()])
def test_p40_what_changes_during_a_read_is_read_again(answer: DocumentAnswer) -> None:
    """An answer that was on its way when the hint came may be older than what the hint tells of."""
    state, effects = begin(BotState("bot", "the0-bot"), RULES, NOW)
    assert reads(effects) == 1
    state, effects = step(state, bot.DocumentHint(), RULES, NOW)
    assert reads(effects) == 0
    state, effects = step(state, bot.ReadDone(answer, None), RULES, NOW)
    assert reads(effects) == 1
    _, effects = step(state, bot.ReadDone(answer, None), RULES, NOW)
    assert reads(effects) == 0


def test_p27_the_wait_after_an_end_is_drawn_once_however_often_the_ended_container_is_looked_at() -> None:
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Wanted(spec_of("bot", "1")), None), RULES, NOW)
    state, _ = step(state, bot.Seen((), known=False, predecessors=()), RULES, NOW)
    ended = Observed(
        "c1", "the0-bot", "bot", Kind.REALTIME, "installation", Status.EXITED, "1/hash", "hash",
        Birth(short_lives=6), NOW.wall - 1.0, Exit(1, oom=False, finished_at=NOW.wall),
    )  # fmt: skip
    state, _ = step(state, bot.LookDone(Look("the0-bot"), ended, None), RULES, NOW)
    due = state.launch_retry.at
    assert due > NOW.monotonic
    state, _ = step(state, bot.LookDone(Look("c1"), ended, None), RULES, replace(NOW, chance=0.9))
    assert state.launch_retry.at == due


RUNNING: Final = Observed(
    "c1", "the0-bot", "bot", Kind.REALTIME, "installation", Status.RUNNING, "1/hash", "hash", started_at=NOW.wall
)
CALLS: Final = (Launch, Look, Remove, Send)


def calls(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, CALLS)]


def test_p15_one_engine_call_is_under_way_and_no_more() -> None:
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Disabled(announced=True), None), RULES, NOW)
    state, effects = step(state, bot.Seen((RUNNING,), known=True, predecessors=()), RULES, NOW)
    assert calls(effects) == [Send("c1", Signal.TERM)]
    for hint in (bot.ContainerHint(), bot.DocumentHint(), bot.Commanded(Command.RESTART), bot.Woken()):
        state, effects = step(state, hint, RULES, NOW)
        assert calls(effects) == []
    _, effects = step(state, bot.CallDone(Send("c1", Signal.TERM), None, None), RULES, NOW)
    assert calls(effects) == [Look("c1")]


def test_p42_a_bot_asks_nothing_of_the_engine_while_the_gate_is_closed() -> None:
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Disabled(), None), RULES, NOW)
    for message in (bot.ContainerHint(), bot.PredecessorFound(RUNNING), bot.Woken()):
        state, effects = step(state, message, RULES, NOW)
        assert calls(effects) == []
    state, _ = step(state, bot.Seen((RUNNING,), known=True, predecessors=()), RULES, NOW)
    state, _ = step(state, bot.GateMoved(open=False), RULES, NOW)
    state, effects = step(state, bot.CallDone(Send("c1", Signal.TERM), None, None), RULES, NOW)
    assert calls(effects) == []
    _, effects = step(state, bot.GateMoved(open=True), RULES, NOW)
    assert len(calls(effects)) == 1


def test_p04_a_container_that_was_created_and_not_started_hands_its_reason_on() -> None:
    """The runtime that made it was killed in between; the history stands on its labels alone."""
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Wanted(spec_of("bot", "1")), None), RULES, NOW)
    state, _ = step(state, bot.Seen((), known=False, predecessors=()), RULES, NOW)
    birth = Birth(incarnation=5, short_lives=0, previous_end="stopped by the runtime", reason="changed to version 1")
    made = Observed(
        "c5", "the0-bot", "bot", Kind.REALTIME, "installation", Status.CREATED, "1/hash", "hash", birth,
        body=object(),
    )  # fmt: skip
    state, effects = step(state, bot.FindDone((made,), None), RULES, NOW)
    assert effects[0] == Look("c5")
    state, effects = step(state, bot.LookDone(Look("c5"), made, None), RULES, NOW)
    assert Remove("c5") in effects
    state, effects = step(state, bot.CallDone(Remove("c5"), None, None), RULES, NOW)
    assert [effect for effect in effects if isinstance(effect, Prepare)] == [Prepare(spec_of("bot", "1"))]
    state, effects = step(state, bot.PrepareDone(Prepare(spec_of("bot", "1")), "hash", None), RULES, NOW)
    (launch,) = [effect for effect in effects if isinstance(effect, Launch)]
    assert launch.birth == replace(birth, incarnation=6)


def test_a_limit_that_is_not_understood_stands_in_the_status_of_a_bot_that_runs() -> None:
    odd = replace(spec_of("bot", "1"), config_json='{"memory_limit":"lots"}')
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Wanted(odd), None), RULES, NOW)
    state, _ = step(state, bot.Seen((RUNNING,), known=True, predecessors=()), RULES, NOW)
    said = "as wanted, but config.memory_limit 'lots' is not understood, the default holds: write 512Mi or 1Gi"
    assert (state.transitions[-1].phase, state.transitions[-1].reason) == (Phase.RUNNING, said)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"config_json": '{"symbol":"ETH"}'}, "config changed"),
        ({"config_json": '{"symbol":"ETH"}', "code_version": "2"}, "changed to version 2"),
        ({"entrypoint": "other.py"}, "settings changed"),
        ({"code_version": "", "code_key": "other"}, "changed"),
    ],
)
def test_a_replacement_says_what_changed(change: dict[str, Any], reason: str) -> None:
    first = spec_of("bot", "1")
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Wanted(first), None), RULES, NOW)
    state, _ = step(state, bot.ReadDone(Wanted(replace(first, **change)), None), RULES, NOW)
    assert state.launch_reason == reason


def too_large() -> BotState:
    """A bot that ran, was told that it keeps too much, and was stopped and removed."""
    state, _ = step(BotState("bot", "the0-bot"), bot.ReadDone(Wanted(spec_of("bot", "1")), None), RULES, NOW)
    state, _ = step(state, bot.Seen((RUNNING,), known=True, predecessors=()), RULES, NOW)
    state, effects = step(state, bot.TooLarge("its state takes 3Gi of 1Gi"), RULES, NOW)
    assert calls(effects) == [Send("c1", Signal.TERM)]
    assert (state.transitions[-1].phase, state.transitions[-1].reason) == (Phase.STOPPING, "its state takes 3Gi of 1Gi")
    state, _ = step(state, bot.CallDone(Send("c1", Signal.TERM), None, None), RULES, NOW)
    ended = replace(RUNNING, status=Status.EXITED, exit=Exit(0, oom=False, finished_at=NOW.wall), body=object())
    state, effects = step(state, bot.LookDone(Look("c1"), ended, None), RULES, NOW)
    assert calls(effects) == [Remove("c1")]
    state, effects = step(state, bot.CallDone(Remove("c1"), None, None), RULES, NOW)
    assert calls(effects) == []
    return state


def test_a_bot_that_keeps_far_too_much_is_stopped_and_parked_with_the_reason() -> None:
    state = too_large()
    assert (state.transitions[-1].phase, state.transitions[-1].reason) == (Phase.PARKED, "its state takes 3Gi of 1Gi")
    state, _ = step(state, bot.ReadDone(Wanted(spec_of("bot", "1")), None), RULES, NOW)
    assert state.transitions[-1].phase is Phase.PARKED


@pytest.mark.parametrize("edited", [True, False])
def test_a_restart_or_an_edit_lets_it_go_on(edited: bool) -> None:
    state = too_large()
    if not edited:
        state, _ = step(state, bot.Commanded(Command.RESTART), RULES, NOW)
    spec = spec_of("bot", "2" if edited else "1")
    state, effects = step(state, bot.ReadDone(Wanted(spec), None), RULES, NOW)
    assert [effect for effect in effects if isinstance(effect, Prepare)] == [Prepare(spec)] or state.preparing == spec
    assert state.too_large == ""


def test_a_bot_that_keeps_too_much_may_still_be_deleted() -> None:
    state, _ = step(too_large(), bot.ReadDone(Deleted(buried=True), None), RULES, NOW)
    assert state.transitions[-1].phase is Phase.IDLE
