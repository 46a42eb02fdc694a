"""What the journal writes, and how loud."""

import pytest
from structlog.testing import capture_logs

from the0_actors.actors.kernel.dead_letters import DeadLetter
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.supervisors.journal import Journal


@pytest.mark.parametrize(
    ("phase", "reason", "level"),
    [
        (Phase.PREPARING, "fetching code and image", "debug"),
        (Phase.STARTING, "wanted", "debug"),
        (Phase.STARTING, "restarted: exit code 1", "info"),
        (Phase.RUNNING, "as wanted", "info"),
        (Phase.PARKED, "hostile archive", "warning"),
    ],
)
def test_a_first_start_is_one_line(phase: Phase, reason: str, level: str) -> None:
    with capture_logs() as lines:
        Journal().bot("b", Transition(0.0, phase, reason))
    assert [line["log_level"] for line in lines] == [level]


@pytest.mark.parametrize(("reason", "level"), [("stopped", "info"), ("absent", "info"), ("full", "warning")])
def test_every_dead_letter_that_status_counts_is_named_in_the_log(reason: str, level: str) -> None:
    with capture_logs() as lines:
        Journal().dead_letter(DeadLetter("/bots/fleet", "Woken", reason))
    assert lines == [
        {"event": "dead_letter", "log_level": level, "actor": "/bots/fleet", "message": "Woken", "reason": reason}
    ]
