"""The whole tree as a state machine: whatever is done to it, the invariants of the design hold. See `life`."""

import os

import pytest
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test
from tests.simulation.machine import explore, machine, options


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "in_ci", "elsewhere"), [("bots", 500, 100), ("schedules", 250, 50)])
def test_the_tree_holds_its_invariants(kind: str, in_ci: int, elsewhere: int) -> None:
    """So many runs, the same each time in CI; `make simulate` explores more, and new ones."""
    examples = int(os.environ.get("THE0_EXAMPLES", in_ci if os.environ.get("CI") else elsewhere))
    # In CI the same runs each time: what lands is what was tried.
    phases = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if "THE0_SHRINK" in os.environ else [])]
    given = options(examples, derandomize="CI" in os.environ, print_blob=True, phases=phases)
    run_state_machine_as_test(machine(kind), settings=given)


@pytest.mark.parametrize("kind", ["bots", "schedules"])
def test_an_exploration_counts_what_it_did_and_can_be_made_again(kind: str) -> None:
    said: list[str] = []
    tally, again = explore(kind, 8, 5, said.append), explore(kind, 8, 5, said.append)
    assert said[0] == f"exploring 8 lives of {kind}; again with --seed 5"
    assert (tally.examples, tally.rules, tally.turns) == (again.examples, again.rules, again.turns)
    assert tally.examples == 8
    assert tally.turns > tally.rules > 50
    assert tally.violations == []
