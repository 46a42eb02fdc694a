"""A part that goes down is mentioned once, after a moment, and once more when it is back."""

from dataclasses import replace

from structlog.testing import capture_logs

from the0_actors.actors.ports.status import PartStatus
from the0_actors.supervisors.parts_journal import PATIENCE, PartsJournal

UP, DOWN = PartStatus("mongodb", True, True, "fine"), PartStatus("mongodb", False, True, "refused")


def said(*looks: tuple[PartStatus, float]) -> list[tuple[str, str]]:
    journal = PartsJournal()
    with capture_logs() as logs:
        for part, now in looks:
            journal.look((part,), now)
    return [(line["log_level"], line["event"]) for line in logs]


def test_down_and_up_are_said_once_each() -> None:
    looks = [(DOWN, 0.0), (DOWN, PATIENCE), (DOWN, 2 * PATIENCE), (UP, 3 * PATIENCE), (UP, 4 * PATIENCE)]
    assert said(*looks) == [("warning", "part_down"), ("info", "part_up")]


def test_another_reason_is_said_too() -> None:
    looks = [(DOWN, 0.0), (DOWN, PATIENCE), (replace(DOWN, note="wrong password"), 9.0)]
    assert said(*looks) == [("warning", "part_down")] * 2


def test_a_moment_is_not_mentioned() -> None:
    assert said((DOWN, 0.0), (UP, PATIENCE - 0.1), (DOWN, PATIENCE), (UP, PATIENCE + 1)) == []


def test_p72_a_healthy_start_says_nothing() -> None:
    assert said((UP, 0.0), (UP, 100.0)) == []
