"""Bugs in the decisions about schedules and their runs."""

from tests.mutations.mutation import Mutation

_PLAN = "actors/schedule/plan.py"
_SLOTS = "actors/schedule/slots.py"
_OUTCOMES = "actors/schedule/outcomes.py"
_STATE = "actors/schedule/state.py"
_LEARN = "actors/schedule/learn.py"
_STEP = "actors/schedule/step.py"
_DECISIONS = (
    "tests/actors/schedule/test_step.py",
    "tests/actors/schedule/test_trouble.py",
    "tests/actors/schedule/test_gate.py",
    "tests/simulation/test_schedules.py",
    "tests/simulation/test_machine.py",
)

MUTATIONS = (
    Mutation(
        "a run begins without a look though not all is told",
        _LEARN,
        "    clear = is_clear(state) and now.followed\n",
        "    clear = is_clear(state)\n",
        ("tests/simulation/test_facts.py",),
    ),
    Mutation(
        "a run that was told to stop is started",
        _STATE,
        "return not (self.start_sent or self.adopted or self.failure or self.stop is not None)",
        "return not (self.start_sent or self.adopted or self.failure)",
        _DECISIONS,
    ),
    Mutation(
        "a run has no deadline",
        _PLAN,
        "if run.began is not None and run.began + state.timeout <= now.monotonic:",
        "if run.began is not None and run.began + state.timeout <= 0.0:",
        _DECISIONS,
    ),
    Mutation(
        "what came due during a run runs after it",
        _SLOTS,
        "if first <= state.busy_until:",
        "if first <= 0.0:",
        _DECISIONS,
    ),
    Mutation(
        "a slot that stands in a record runs again",
        _SLOTS,
        "if state.done is not None and first <= state.done:",
        "if state.done is None and first <= 0:",
        _DECISIONS,
    ),
    Mutation(
        "all that was missed runs late",
        _SLOTS,
        "    if first < last:\n",
        "    if first < 0:\n",
        _DECISIONS,
    ),
    Mutation(
        "what stands for a slot already is not heard",
        _OUTCOMES,
        "return state._replace(done=last) if message.value is None else _stands(state, message.value)",
        "return state._replace(done=last)",
        _DECISIONS,
    ),
    Mutation(
        "a clock that is set back stops a schedule for good",
        _STEP,
        "state = state._replace(granted=None, armed=None)",
        "state = state._replace(armed=state.armed)",
        _DECISIONS,
    ),
)
