"""The whole tree as a state machine: whatever is done to it, the invariants of the design hold. See `life`."""

import os

import pytest
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test
from tests.simulation.machine import Machine, explore, options


@pytest.mark.timeout(1200)
def test_the_tree_holds_its_invariants() -> None:
    """2,000 runs in CI; `make simulate` explores more, and new ones."""
    examples = int(os.environ.get("THE0_EXAMPLES", "2000" if os.environ.get("CI") else "200"))
    # In CI the same runs each time: what lands is what was tried.
    phases = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if "THE0_SHRINK" in os.environ else [])]
    given = options(examples, derandomize="CI" in os.environ, print_blob=True, phases=phases)
    run_state_machine_as_test(Machine, settings=given)


def test_an_exploration_counts_what_it_did_and_can_be_made_again() -> None:
    said: list[str] = []
    tally, again = explore(8, 5, said.append), explore(8, 5, said.append)
    assert said[0] == "exploring 8 lives; again with --seed 5"
    assert (tally.examples, tally.rules, tally.turns) == (again.examples, again.rules, again.turns)
    assert tally.examples == 8
    assert tally.turns > tally.rules > 50
    assert tally.violations == []
