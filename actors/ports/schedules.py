"""Port: schedules, and the record of their runs. P09, P23.

Calls block; they run on the lane `store`. All raise `Unavailable` when the database cannot be read or written. Each
may be repeated when its answer was lost.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import Basis, ScheduleAnswer
from the0_actors.actors.ports.store import DesiredState


class ScheduleStore(DesiredState, Protocol):
    """The database `bot_scheduler`. `apply` keeps the due time right when a schedule is made, edited or enabled.

    `list` also names schedules without a document whose claim nobody settled, so that somebody does.
    """

    def read(self, bot_id: str) -> ScheduleAnswer:
        """Read one schedule, its hold and its tombstone."""
        ...

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, ScheduleAnswer]:
        """See `DesiredState.read_all`."""
        ...

    def advance(self, bot_id: str, basis: Basis, due: int | None) -> bool:
        """Write the next due time if all that it was computed from still stands; None takes it away.

        False: it was changed meanwhile, or is gone. The caller reads again.
        """
        ...

    def claim(self, bot_id: str, due: int, holder: str, now: float) -> RunRecord | None:
        """Claim a slot for one run. None: it is ours now, and `OPEN`.

        Else the record that the slot stands in already, also when it is one of a row that passed.
        """
        ...

    def open_run(self, bot_id: str) -> RunRecord | None:
        """Return the schedule's oldest claim that nobody settled."""
        ...

    def settle(self, record: RunRecord) -> None:
        """Write how a claimed run ended. Once settled, a record stays as it is."""
        ...

    def passed(self, bot_id: str, first: int, last: int, count: int, outcome: Outcome, reason: str) -> RunRecord | None:
        """Record a row of slots that did not run, in one record; told again with a later `last`, it grows.

        Where something else stands for the first slot, a run or a longer row, nothing is written; return that.
        """
        ...

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """Return the latest records, the newest first."""
        ...
