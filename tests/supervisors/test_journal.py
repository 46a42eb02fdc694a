"""What the journal writes, and how loud."""

import pytest
from structlog.testing import capture_logs

from the0_actors.actors.kernel.dead_letters import DeadLetter
from the0_actors.supervisors.journal import Journal


@pytest.mark.parametrize(("reason", "level"), [("stopped", "info"), ("absent", "info"), ("full", "warning")])
def test_every_dead_letter_that_status_counts_is_named_in_the_log(reason: str, level: str) -> None:
    with capture_logs() as lines:
        Journal().dead_letter(DeadLetter("/bots/fleet", "Woken", reason))
    assert lines == [
        {"event": "dead_letter", "log_level": level, "actor": "/bots/fleet", "message": "Woken", "reason": reason}
    ]
