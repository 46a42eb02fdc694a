"""Asks at intervals how something is that nobody else looks at all the time, and tells it as a part of the status."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import Tick
from the0_actors.actors.ports.status import PartStatus


@dataclass(frozen=True, slots=True)
class Probing:
    """What is asked, and how its answer counts. Seconds."""

    ask: Callable[[], object]
    """Raises when something is wrong, in words for an operator. Blocks."""
    required: bool = False
    """Readiness needs it."""
    alarm: bool = False
    """What is wrong is an alarm too: somebody has to act, and waiting does not help."""
    every: float = 4.0
    """Between an answer and the next question."""
    answer: float = 5.0
    """After which no answer is one."""


class Probe(Actor):
    """Asks one thing. `parts` and `alarms` may be read from any thread."""

    def __init__(self, name: str, probing: Probing, lane: Lane) -> None:
        super().__init__()
        self._name = name
        self._probing = probing
        self._lane = lane
        self._timer: Timer | None = None
        self.parts: tuple[PartStatus, ...] = ()
        self.alarms: tuple[str, ...] = ()
        self._note("not asked yet", ok=False)

    def on_start(self) -> None:
        """Ask at once."""
        self._ask()

    def on_receive(self, message: Any) -> Any:
        """Take an answer, or the time."""
        match message:
            case Tick():
                self._ask()
            case Completed(overdue=True):
                self._note(f"no answer for {self._probing.answer:g} s", ok=False)
            case Completed(error=None):
                self._note("fine", ok=True)
                self._later()
            case Completed(error=error):
                self._note(str(error), ok=False)
                self._later()
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _ask(self) -> None:
        # Urgent: fetches of archives may keep the lane's other threads busy for minutes.
        key, probing = f"probe {self._name}", self._probing
        self._lane.submit(key, probing.ask, self.handle, "probe", probing.answer, urgent=True)

    def _later(self) -> None:
        self._timer = self.system.after(self._probing.every, self.handle, Tick())

    def _note(self, note: str, *, ok: bool) -> None:
        asked = bool(self.parts)
        self.parts = (PartStatus(self._name, ok=ok, required=self._probing.required, note=note),)
        self.alarms = (f"{self._name}: {note}",) if self._probing.alarm and asked and not ok else ()
