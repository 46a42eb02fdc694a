"""The lives of `kinds` as state machines, which Hypothesis explores; and the count of what they did."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.simulation.kinds import KINDS
from tests.simulation.living import Living
from tests.simulation.story import Story

ROUND = 500
"""Examples that are explored at a time: what Hypothesis remembers of them grows."""


@dataclass
class Tally:
    """How much was tried."""

    examples: int = 0
    rules: int = 0
    """Actions, each followed by a look at what must hold."""
    turns: int = 0
    """Turns of the dispatcher, each followed by a look at what must hold."""
    violations: list[Exception] = field(default_factory=list[Exception])

    def __str__(self) -> str:
        return (
            f"{self.examples} examples, {self.rules} rule executions, {self.turns} dispatcher turns, "
            f"{len(self.violations)} violations"
        )


class Machine(RuleBasedStateMachine):
    """A life whose actions Hypothesis chooses. Subclasses have a rule for each action of their kind."""

    kind: ClassVar[str] = ""
    tally: ClassVar[Tally] = Tally()
    life: Living[Any] | None = None

    def born(self, story: Story) -> None:
        self.tally.examples += 1
        self._attempt(lambda: self._live(story))

    def _live(self, story: Story) -> None:
        self.life = KINDS[story.kind].live(story)

    def act(self, name: str, **arguments: Any) -> None:
        if (life := self.life) is not None:
            self.tally.rules += 1
            self._attempt(lambda: life.act(name, **arguments))

    def teardown(self) -> None:
        if (life := self.life) is not None:
            self._attempt(life.end)
            self.tally.turns += life.ground.stepper.dispatcher.steps

    def violated(self, error: Exception) -> None:
        """Take notice of what did not hold: here the exploration fails."""
        raise error

    def _attempt(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - anything that fails is a finding
            self.tally.violations.append(error)
            if self.life is not None:
                self.tally.turns += self.life.ground.stepper.dispatcher.steps
            self.life = None
            self.violated(error)


def _action(name: str) -> Callable[..., None]:
    def act(self: Machine, **arguments: Any) -> None:
        self.act(name, **arguments)

    act.__name__ = name
    return act


def _begin(self: Machine, seed: int, running: bool, left_over: set[str], auto: bool) -> None:
    self.born(Story(seed, running, sorted(left_over), auto, self.kind))


def machine(kind: str) -> type[Machine]:
    """Return the state machine of a kind of life."""
    chances: dict[str, Any] = {"seed": st.integers(0, 2**32 - 1), "running": st.booleans(), "auto": st.booleans()}
    chances["left_over"] = st.sets(st.sampled_from(KINDS[kind].left_over), max_size=3)
    first: Any = initialize(**chances)
    members: dict[str, Any] = {"kind": kind, "begin": first(_begin)}
    for name, choices in KINDS[kind].actions.items():
        drawn: dict[str, Any] = {key: st.sampled_from(values) for key, values in choices.items()}
        one: Any = rule(**drawn)
        members[f"rule_{name}"] = one(_action(name))
    return type(f"Machine_{kind}", (Machine,), members)


def options(examples: int, **more: Any) -> settings:
    """Return the settings of an exploration."""
    chosen: dict[str, Any] = {
        "max_examples": examples,
        "stateful_step_count": 30,
        "deadline": None,
        "suppress_health_check": list(HealthCheck),
        **more,
    }
    return settings(**chosen)


def explore(kind: str, examples: int, number: int, say: Callable[[str], object]) -> Tally:
    """Explore so many lives of a kind that follow from a number. Go on after a violation, and say how to see it."""
    total, began = Tally(), time.monotonic()

    class Explorer(machine(kind)):  # type: ignore[misc]
        tally = total

        def violated(self, error: Exception) -> None:
            say("\n".join((f"violated: {error!r}", *getattr(error, "__notes__", ()))))

    say(f"exploring {examples} lives of {kind}; again with --seed {number}")
    while total.examples < examples:
        left = min(ROUND, examples - total.examples)
        given = options(left, database=None, derandomize=False, phases=[Phase.generate])
        run_state_machine_as_test(seed(number + total.examples)(Explorer), settings=given)
        say(f"{total}; {time.monotonic() - began:.0f} s")
    return total
