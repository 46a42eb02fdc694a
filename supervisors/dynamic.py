"""A supervisor of very many children of one kind, that come and go while it runs: one_for_one, in parallel.

Every message costs the one child it is about, never a walk over all; a stop tells all children at once. A child that
ended for good is forgotten, whatever its restart type.
"""

from dataclasses import dataclass
from typing import Any

from the0_actors.actors.kernel.actor import End
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.supervisors.child import Child, Goal
from the0_actors.supervisors.child_spec import ChildSpec, Intensity
from the0_actors.supervisors.reports import Reporter, silent
from the0_actors.supervisors.supervisor import Supervisor

MOST_REQUESTS = 1_000_000
"""How many `StartChild` and `StopChild` may wait: a whole fleet's, several times."""


@dataclass(frozen=True, slots=True)
class StartChild:
    """Have this child, from now on. One that is there stays as it is; one that is being stopped comes again, so."""

    spec: ChildSpec


@dataclass(frozen=True, slots=True)
class StopChild:
    """Stop this child and forget it. One that is not there is fine."""

    id: str


class DynamicSupervisor(Supervisor):
    """Children by message. Its intensity is meant for a failure of many, not for one that fails again and again."""

    def __init__(self, *, intensity: Intensity, reporter: Reporter = silent) -> None:
        super().__init__(intensity=intensity, reporter=reporter)

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox(capacity=MOST_REQUESTS)

    def on_receive(self, message: Any) -> Any:
        """Add or remove a child, or take a notice about one."""
        match message:
            case StartChild():
                self._start(message.spec)
            case StopChild():
                self._stop_by_id(message.id)
            case _:
                return super().on_receive(message)
        return None

    def _start(self, spec: ChildSpec) -> None:
        child = self._children.get(spec.id)
        if self._closing is not None:
            return
        if child is None:
            child = self._add(spec)
        elif child.goal is not Goal.UP:
            child.spec, child.goal = spec, Goal.CYCLE
        self._progress(child)

    def _stop_by_id(self, id_: str) -> None:
        child = self._children.get(id_)
        if child is not None:
            child.goal = Goal.DOWN
            self._progress(child)

    def _progress(self, changed: Child | None = None) -> None:
        if changed is not None:
            self._advance(changed)
        if self._closing is not None and not self._children:
            self._finish(self._closing)

    def _advance(self, child: Child) -> None:
        if child.alive:
            if child.goal is not Goal.UP:
                self._stop_child(child)
        elif child.goal is Goal.DOWN:
            child.cancel_timer()
            if self._children.get(child.spec.id) is child:
                self._drop(child)
        elif child.timer is None and self._closing is None:
            child.goal = Goal.UP
            self._start_child(child)

    def _forget_all(self) -> None:
        for child in tuple(self._children.values()):
            self.system.forget(child.handle)

    def _close(self, end: End) -> None:
        if self._closing is None:
            self._closing = end
            for child in tuple(self._children.values()):
                child.goal = Goal.DOWN
                self._advance(child)
        self._progress()
