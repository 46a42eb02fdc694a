"""The supervisor: starts children in order, restarts them by strategy, stops them in reverse order.

It is level-triggered: every message updates what is known of a child, then `_progress` does the next thing that brings
all children to their goals. It never waits in a turn, so a slow child does not make it deaf. More restarts than the
intensity allows stop all children and fail the supervisor, which is its parent's business.
"""

from functools import partial
from typing import Any

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.supervisors.child import Child, ChildEnded, ChildStarted, Goal, RestartDue, StopOverdue, Window
from the0_actors.supervisors.child_spec import ChildSpec, Intensity, Restart, Strategy, check_specs
from the0_actors.supervisors.reports import Report, Reporter, What, silent


class IntensityExceeded(Exception):
    """Fails a supervisor whose children failed too often. Its own supervisor restarts it or fails in turn."""


class Supervisor(Actor):
    """A fixed set of children. `Supervisor.child_path` tells under which path each lives."""

    def __init__(
        self,
        children: tuple[ChildSpec, ...] = (),
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        intensity: Intensity = Intensity(),
        reporter: Reporter = silent,
    ) -> None:
        super().__init__()
        check_specs(children)
        self._specs = children
        self._strategy = strategy
        self._window = Window(intensity)
        self._report_to = reporter
        self._children: dict[str, Child] = {}
        self._closing: End | None = None

    def on_start(self) -> None:
        """Start the children, in order."""
        for spec in self._specs:
            self._add(spec)
        self._progress()

    def on_receive(self, message: Any) -> Any:
        """Take a notice about a child."""
        match message:
            case ChildEnded():
                self._ended(message)
            case ChildStarted():
                self._started(message)
            case StopOverdue():
                self._overdue(message)
            case RestartDue():
                self._due(message)
            case _:
                return super().on_receive(message)
        return None

    def shut_down(self, message: Shutdown) -> bool:
        """Stop the children first; the supervisor ends with the last of them."""
        self._close(End(message.reason, failed=False))
        return False

    # what happened to a child

    def _ended(self, message: ChildEnded) -> None:
        child = self._children.get(message.id)
        if child is None or not child.alive or message.incarnation != child.handle.incarnation:
            return
        child.alive = child.ready = child.stopping = False
        child.cancel_timer()
        end = message.end
        self._report(child, What.FAILED if end.failed else What.ENDED, end.reason, end.trace)
        if child.goal is Goal.UP and self._closing is None:
            self._ended_by_itself(child, end)
        self._progress(child)

    def _ended_by_itself(self, child: Child, end: End) -> None:
        if not child.spec.restart.wants(failed=end.failed):
            child.goal = Goal.DOWN
            if child.spec.restart is Restart.TEMPORARY:
                self._drop(child)
            return
        now = self.system.clock.monotonic()
        if not self._window.add(now):
            self._report(child, What.ESCALATED, end.reason)
            reason = f"{child.handle.path} failed more than {self._window.intensity.restarts} times: {end.reason}"
            self._close(End(reason, failed=True, trace=end.trace))
            return
        self._back_off(child, now, end)
        for other in self._group(child):
            other.goal = Goal.CYCLE

    def _back_off(self, child: Child, now: float, end: End) -> None:
        if now - child.started_at >= self._window.intensity.period:
            child.failures = 0
        child.failures += 1
        child.restarts += 1
        delay = child.spec.backoff.delay(child.failures, self.system.rng)
        child.timer = self.system.after(delay, self.handle, RestartDue(child.spec.id))
        self._report(child, What.RESTARTING, end.reason, delay=delay)

    def _group(self, child: Child) -> list[Child]:
        """Return the siblings that are restarted with `child`."""
        everyone = list(self._children.values())
        match self._strategy:
            case Strategy.ONE_FOR_ONE:
                return []
            case Strategy.ONE_FOR_ALL:
                return [other for other in everyone if other is not child and other.goal is Goal.UP]
            case Strategy.REST_FOR_ONE:
                return [other for other in everyone[everyone.index(child) + 1 :] if other.goal is Goal.UP]

    def _started(self, message: ChildStarted) -> None:
        child = self._children.get(message.id)
        if child is not None and child.alive and message.incarnation == child.handle.incarnation:
            child.ready = True
            self._report(child, What.STARTED)
            self._progress(child)

    def _overdue(self, message: StopOverdue) -> None:
        child = self._children.get(message.id)
        if child is not None and child.stopping and message.incarnation == child.handle.incarnation:
            self._report(child, What.GIVEN_UP, f"not stopped within {child.spec.shutdown:g} s")
            actor = child.handle.actor
            if actor is not None:
                actor.give_up(f"given up: not stopped within {child.spec.shutdown:g} s")

    def _due(self, message: RestartDue) -> None:
        child = self._children.get(message.id)
        if child is not None:
            child.timer = None
            self._progress(child)

    # what to do next

    def _progress(self, changed: Child | None = None) -> None:  # noqa: ARG002 - for the dynamic supervisor
        """Do the next thing; `changed` is the child that the last message was about, if it was about one."""
        if self._stop_next():
            return
        for child in self._children.values():
            if child.goal is Goal.CYCLE:
                child.goal = Goal.UP
        if self._closing is not None:
            self._finish(self._closing)
        else:
            self._start_next()

    def _stop_next(self) -> bool:
        """Stop in reverse order, one after the other; True while one is on its way down."""
        for child in reversed(self._children.values()):
            if child.alive and child.goal is not Goal.UP:
                self._stop_child(child)
                return True
        return False

    def _start_next(self) -> None:
        """Start in order; a child starts when those before it are up, or will not come up for a while."""
        for child in self._children.values():
            if child.goal is not Goal.UP:
                continue
            if not child.alive and child.timer is None:
                self._start_child(child)
            if not child.ready and (child.alive or self._strategy is not Strategy.ONE_FOR_ONE):
                return

    def _start_child(self, child: Child) -> None:
        child.alive, child.ready, child.stopping = True, False, False
        child.started_at = self.system.clock.monotonic()
        incarnation = child.handle.incarnation + 1
        ended = partial(self._tell_ended, child.spec.id, incarnation)
        started = partial(self.handle.tell, ChildStarted(child.spec.id, incarnation))
        try:
            self.system.spawn(child.handle, child.spec.factory, ended, started)
        except Exception as error:  # noqa: BLE001 - a factory that fails is a child that failed
            self.handle.tell(ChildEnded(child.spec.id, child.handle.incarnation, End(repr(error), failed=True)))

    def _tell_ended(self, id_: str, incarnation: int, end: End) -> None:
        self.handle.tell(ChildEnded(id_, incarnation, end))

    def _stop_child(self, child: Child) -> None:
        if child.stopping:
            return
        child.stopping = True
        child.cancel_timer()
        overdue = StopOverdue(child.spec.id, child.handle.incarnation)
        child.timer = self.system.after(child.spec.shutdown, self.handle, overdue)
        child.handle.tell(Shutdown("stopped by its supervisor"))

    def _close(self, end: End) -> None:
        if self._closing is None:
            self._closing = end
            for child in self._children.values():
                if not child.alive:
                    child.cancel_timer()
                child.goal = Goal.DOWN
        self._progress()

    def _finish(self, end: End) -> None:
        if end.failed:
            self.fail(IntensityExceeded(end.reason))
        else:
            self.finish()

    # the set of children

    def _add(self, spec: ChildSpec) -> Child:
        child = Child(spec, self.system.handle(self.child_path(self.handle, spec.id)))
        self._children[spec.id] = child
        return child

    def _drop(self, child: Child) -> None:
        del self._children[child.spec.id]
        self.system.forget(child.handle)

    @staticmethod
    def child_path(parent: Handle, id_: str) -> str:
        """Return the path of a child: its parent's and its id."""
        return f"{parent.path.rstrip('/')}/{id_}"

    def restarts(self) -> dict[str, int]:
        """Return how often each child was restarted, by path. For snapshots, from any thread."""
        return {child.handle.path: child.restarts for child in tuple(self._children.values())}

    def _report(self, child: Child, what: What, reason: str = "", trace: str = "", delay: float = 0.0) -> None:
        self._report_to(Report(self.handle.path, child.handle.path, what, reason, trace, delay))


def start_root(system: ActorSystem, root: Supervisor, on_end: Any) -> Handle:
    """Start a supervisor that nobody supervises; `on_end(End)` hears how it ended."""
    handle = system.handle("/")
    system.spawn(handle, lambda: root, on_end)
    return handle
