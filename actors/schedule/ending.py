"""What is recorded of a run once it is known how it ended. Pure. P36, P71."""

from the0_actors.actors.bot.stops import how_it_ended
from the0_actors.actors.domain.observed import Exit
from the0_actors.actors.domain.restart_policy import describe
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.schedule.messages import Harvested
from the0_actors.actors.schedule.state import Run

VANISHED = "its container was removed by somebody else, or the runtime ended before it was started"


def record_of(bot_id: str, run: Run) -> RunRecord:
    """Return the record of a run that is over: one that ended, never started, or is gone."""
    ended = run.ended
    if ended is None or ended.exit is None or run.harvest is None:
        return _without_end(bot_id, run)
    outcome, reason = _judge(run, ended.exit, run.harvest)
    return RunRecord(
        bot_id=bot_id,
        due=run.due,
        outcome=outcome,
        started_at=ended.started_at,
        finished_at=ended.exit.finished_at,
        exit_code=ended.exit.code,
        reason=reason,
        log_tail=run.harvest.log_tail,
        result=run.kept or "",
    )


def _without_end(bot_id: str, run: Run) -> RunRecord:
    if run.stop is not None:
        return RunRecord(bot_id, run.due, run.stop, reason=run.stop_reason)
    if run.failure:
        return RunRecord(bot_id, run.due, Outcome.FAILED, reason=f"did not start: {run.failure}")
    return RunRecord(bot_id, run.due, Outcome.LOST, reason=VANISHED)


def _judge(run: Run, exit_: Exit, harvest: Harvested) -> tuple[Outcome, str]:
    how = describe(exit_)
    if run.stop is not None:
        return run.stop, f"{run.stop_reason}; {how_it_ended(exit_, run.killed_after) or how}"
    if harvest.raised:
        return Outcome.FAILED, f"{harvest.raised}; {how}"
    if exit_.code or exit_.oom or exit_.error:
        return Outcome.FAILED, how
    return Outcome.SUCCEEDED, how
