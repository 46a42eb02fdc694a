"""Which slots run, which passed, and what is due next. Pure. P23.

Of the slots that were missed the last one runs late, if it was due within the window; the others stand in one record.
What came due while the run before was still going on is skipped, and stands in one record too.
"""

from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.schedule.counting import count_due
from the0_actors.actors.schedule.effects import Advance, Claim, Pass
from the0_actors.actors.schedule.state import Plan, ScheduleState
from the0_actors.actors.schedule.timetable import Timetable, is_due, last_due, next_due


def decide(state: ScheduleState, plan: Plan, window: float, wall: float, trouble: str) -> Advance | Pass | Claim | None:
    """Return the next write about this schedule's slots; `Claim` means that one is to run now.

    `window` in seconds, `wall` in Unix seconds; `trouble` says why nothing ran within the window.
    """
    first, table = plan.next_due, plan.timetable
    if first is None or state.rejoin or not is_due(table, first):
        return _advance(plan, wall)
    if state.done is not None and first <= state.done:
        return _advance(plan, state.done)
    if first > wall or state.granted != first:
        return None
    if first <= state.busy_until:
        last = last_due(table, first, min(wall, state.busy_until))
        return _row(table, first, last, Outcome.SKIPPED, "the run before was still going on")
    last = last_due(table, first, wall)
    if wall - last > window:
        return _row(table, first, last, Outcome.MISSED, f"not within {format_duration(window)}: {trouble}")
    if first < last:
        before = last_due(table, first, last - 1)
        return _row(table, first, before, Outcome.MISSED, "the last of the missed ones runs late")
    return Claim(first)


def _advance(plan: Plan, after: float) -> Advance | None:
    due = next_due(plan.timetable, after)
    return None if due is None and plan.next_due is None else Advance(plan.basis, due)


def _row(table: Timetable, first: int, last: int, outcome: Outcome, reason: str) -> Pass:
    return Pass(first, last, count_due(table, first, last), outcome, reason)
