"""What an end comes to, in words."""

import pytest

from the0_actors.actors.domain.observed import Exit
from the0_actors.actors.domain.restart_policy import RestartPolicy, decide


@pytest.mark.parametrize(
    ("exit_", "reason"),
    [
        (Exit(0, oom=False, finished_at=9.0), "its program ended by itself (exit code 0) after 0.2 s"),
        (Exit(3, oom=False, finished_at=9.0), "exit code 3 after 0.2 s"),
        (Exit(139, oom=False, finished_at=9.0), "killed by signal 11 (exit code 139) after 0.2 s"),
        (Exit(0, oom=True, finished_at=9.0), "out of memory (exit code 0) after 0.2 s"),
        (Exit(0, oom=False, finished_at=9.0, error="no such file"), "could not run: no such file after 0.2 s"),
    ],
)
def test_p71_an_end_is_told_as_what_it_was(exit_: Exit, reason: str) -> None:
    assert decide(RestartPolicy(), 0, exit_, 0.2, 0.5).reason == reason
