"""Records how the runs ended that `down` found or stopped, before it removes their containers."""

from collections.abc import Callable
from dataclasses import dataclass

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import Scheduled
from the0_actors.actors.errors import Gone
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.schedule.calls import harvest
from the0_actors.actors.schedule.ending import record_of
from the0_actors.actors.schedule.messages import Harvested
from the0_actors.actors.schedule.state import Run
from the0_actors.actors.schedule.timetable import next_due

_BY_HAND = "stopped by the0-actors down"


@dataclass(frozen=True, slots=True)
class EndedRuns:
    """The recorder. Blocks; raises `Unavailable` as the store and the engine do, and the container is still there."""

    engine: Engine
    store: ScheduleStore
    say: Callable[[str], None]

    def record(self, container: Observed, *, stopped: bool, killed_after: float | None = None) -> None:
        """Settle the claim that a scheduled bot's ended container belongs to; `stopped` when we did that."""
        if container.kind is not Kind.SCHEDULED:
            return
        claim = self.store.open_run(container.bot_id)
        if claim is None:
            return
        found = self._harvest(container)
        result = "" if found.result is None else "not stored: the0-actors down"
        run = Run(
            claim.due,
            stop=Outcome.STOPPED if stopped else None,
            stop_reason=_BY_HAND,
            killed_after=killed_after,
            ended=self.engine.look(container.container_id),
            harvest=found,
            kept=found.refused or result,
        )
        record = record_of(container.bot_id, run)
        self.store.settle(record)
        self._advance(record)
        self.say(f"recorded the run of {container.bot_id}: {record.outcome}, {record.reason}")

    def _advance(self, record: RunRecord) -> None:
        """Write the next due time, since the platform's scheduler would run the slot that stands there."""
        answer = self.store.read(record.bot_id)
        if isinstance(answer, Scheduled) and answer.next_due is not None and answer.next_due <= record.due:
            self.store.advance(record.bot_id, answer.basis, next_due(answer.timetable, record.due))

    def _harvest(self, container: Observed) -> Harvested:
        try:
            return harvest(self.engine, container.container_id)
        except Gone:
            return Harvested("", None)
