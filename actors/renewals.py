"""How well a call is made that must be made again and again in time: its timer, and what it took."""

from dataclasses import dataclass

from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.ports.status import Renewal


@dataclass(slots=True)
class Renewing:
    """One such call. Times are monotonic seconds."""

    name: str
    timer: Timer | None = None
    due: float | None = None
    """When the present one was to begin; None for the one that is made at once."""
    held: float | None = None
    """When the last one began that found it ours."""
    slowest: float = 0.0
    ran_out: int = 0

    def answered(self, began: float, now: float) -> None:
        """Take note of an answer. What we were late with ourselves counts too."""
        self.slowest = max(self.slowest, now - (began if self.due is None else min(began, self.due)))
        self.due = None

    def renewed(self, began: float, *, until: float, now: float) -> None:
        """Take note that it is ours; before this it was allowed `until` then."""
        self.ran_out += self.held is not None and until <= now
        self.held = began

    def lost(self) -> None:
        """Take note that it is another's."""
        self.held = None

    def figures(self, now: float) -> Renewal:
        """Return what was measured."""
        return Renewal(self.name, None if self.held is None else now - self.held, self.slowest, self.ran_out)

    def words(self) -> str:
        """Return what it took, for people."""
        times = {0: "", 1: ", ran out once"}.get(self.ran_out, f", ran out {self.ran_out} times")
        return f"slowest renewal of the {self.name} {self.slowest:.2f} s{times}"
