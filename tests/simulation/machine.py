"""The lives of `life` as a state machine, which Hypothesis explores; and the count of what it did."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.simulation.life import ACTIONS, BOTS, Life
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
    """A life whose actions Hypothesis chooses."""

    tally: ClassVar[Tally] = Tally()
    life: Life | None = None

    @initialize(
        seed=st.integers(0, 2**32 - 1), running=st.booleans(), left_over=st.sets(st.sampled_from(BOTS), max_size=3),
        auto=st.booleans(),
    )  # fmt: skip
    def begin(self, seed: int, running: bool, left_over: set[str], auto: bool) -> None:
        self.tally.examples += 1
        self._attempt(lambda: self._born(Story(seed, running, sorted(left_over), auto)))

    def _born(self, story: Story) -> None:
        self.life = Life(story)

    def act(self, name: str, **arguments: Any) -> None:
        if (life := self.life) is not None:
            self.tally.rules += 1
            self._attempt(lambda: life.act(name, **arguments))

    def teardown(self) -> None:
        if (life := self.life) is not None:
            self._attempt(life.end)
            self.tally.turns += life.world.stepper.dispatcher.steps

    def violated(self, error: Exception) -> None:
        """Take notice of what did not hold: here the exploration fails."""
        raise error

    def _attempt(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - anything that fails is a finding
            self.tally.violations.append(error)
            if self.life is not None:
                self.tally.turns += self.life.world.stepper.dispatcher.steps
            self.life = None
            self.violated(error)


def _action(name: str) -> Callable[..., None]:
    def act(self: Machine, **arguments: Any) -> None:
        self.act(name, **arguments)

    act.__name__ = name
    return act


for _name, _choices in ACTIONS.items():
    _drawn: dict[str, Any] = {key: st.sampled_from(values) for key, values in _choices.items()}
    _rule: Any = rule(**_drawn)
    setattr(Machine, f"rule_{_name}", _rule(_action(_name)))


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


def explore(examples: int, number: int, say: Callable[[str], object]) -> Tally:
    """Explore so many lives that follow from a number; go on after a violation, and say how to see it again."""
    total, began = Tally(), time.monotonic()

    class Explorer(Machine):
        tally = total

        def violated(self, error: Exception) -> None:
            say("\n".join((f"violated: {error!r}", *getattr(error, "__notes__", ()))))

    say(f"exploring {examples} lives; again with --seed {number}")
    while total.examples < examples:
        left = min(ROUND, examples - total.examples)
        given = options(left, database=None, derandomize=False, phases=[Phase.generate])
        run_state_machine_as_test(seed(number + total.examples)(Explorer), settings=given)
        say(f"{total}; {time.monotonic() - began:.0f} s")
    return total
