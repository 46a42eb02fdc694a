"""The whole tree as a state machine: whatever is done to it, the invariants of the design hold. See `life`."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.simulation.life import ACTIONS, BOTS, Life


class Machine(RuleBasedStateMachine):
    """A life whose actions Hypothesis chooses."""

    life: Life | None = None

    @initialize(
        seed=st.integers(0, 2**32 - 1), running=st.booleans(), left_over=st.sets(st.sampled_from(BOTS), max_size=3),
        auto=st.booleans(),
    )  # fmt: skip
    def begin(self, seed: int, running: bool, left_over: set[str], auto: bool) -> None:
        self.life = Life(seed, running=running, left_over=sorted(left_over), auto=auto)

    @invariant()
    def holds(self) -> None:
        if self.life is not None:
            self.life.check()

    def teardown(self) -> None:
        if self.life is not None:
            self.life.end()


def _action(name: str) -> Callable[..., None]:
    def act(self: Machine, **arguments: Any) -> None:
        getattr(self.life, name)(**arguments)

    act.__name__ = name
    return act


for _name, _choices in ACTIONS.items():
    _drawn = {key: st.sampled_from(values) for key, values in _choices.items()}
    _rule: Any = rule(**_drawn)
    setattr(Machine, _name, _rule(_action(_name)))


@pytest.mark.timeout(1200)
def test_the_tree_holds_its_invariants() -> None:
    """2,000 runs in CI; `THE0_EXAMPLES` asks for more."""
    examples = int(os.environ.get("THE0_EXAMPLES", "2000" if os.environ.get("CI") else "200"))
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            # In CI the same runs each time: what lands is what was tried. `make simulate` looks for new ones.
            derandomize="CI" in os.environ,
            print_blob=True,
            phases=[
                Phase.explicit,
                Phase.reuse,
                Phase.generate,
                *([Phase.shrink] if "THE0_SHRINK" in os.environ else []),
            ],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
