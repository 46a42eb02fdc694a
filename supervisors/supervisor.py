"""The supervisor: starts children in order, restarts them by strategy, stops them in reverse order.

It is level-triggered: every message updates what is known of a child, then `_progress` does the next thing that brings
all children to their goals. It never waits in a turn, so a slow child does not make it deaf. More restarts than the
intensity allows stop all children and fail the supervisor, which is its parent's business.

No child outlives its supervisor: one that fails by a bug of its own stops its children first, and one that is given up
gives its children up.
"""

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import structlog

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.end import failure
from the0_actors.actors.kernel.errors import KernelError
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.supervisors.child import (
    Child,
    ChildEnded,
    ChildSnapshot,
    ChildStarted,
    Goal,
    RestartDue,
    State,
    StopOverdue,
    Window,
    snapshot,
)
from the0_actors.supervisors.child_spec import ChildSpec, Intensity, Restart, Strategy, check_specs
from the0_actors.supervisors.reports import Report, Reporter, What, silent

_log = structlog.get_logger(__name__)


class SupervisorGone(KernelError):
    """Ends the start of a child whose supervisor was given up meanwhile."""


class Supervisor(Actor):
    """A fixed set of children. `Supervisor.child_path` tells under which path each lives."""

    ahead = True

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

    def _of_run(self, message: ChildEnded | ChildStarted | StopOverdue | RestartDue) -> Child | None:
        child = self._children.get(message.id)
        return child if child is not None and child.run == message.run else None

    def _ended(self, message: ChildEnded) -> None:
        child = self._of_run(message)
        if child is None or not child.alive:
            return
        child.state, child.actor = State.DOWN, None
        child.cancel_timer()
        end = message.end
        self._report(child, What.FAILED if end.failed else What.ENDED, end.reason, end.trace)
        if child.goal is Goal.UP and self._closing is None:
            self._ended_by_itself(child, end)
        if child.spec.restart is Restart.TEMPORARY and child.goal is Goal.DOWN:
            self._drop(child)
        self._progress(child)

    def _ended_by_itself(self, child: Child, end: End) -> None:
        if not child.spec.restart.wants(failed=end.failed):
            child.goal = Goal.DOWN
            return
        now = self.system.now()
        if not self._window.add(now):
            self._escalate(child, end)
            return
        self._back_off(child, now, end)
        for other in self._group(child):
            other.goal = Goal.DOWN if other.spec.restart is Restart.TEMPORARY else Goal.CYCLE

    def _escalate(self, child: Child, end: End) -> None:
        self._report(child, What.ESCALATED, end.reason)
        limit = self._window.intensity
        reason = f"{child.handle.path} ended more than {limit.restarts} times in {limit.period:g} s, last: {end.reason}"
        self._close(End(reason, failed=True, trace=end.trace))

    def _back_off(self, child: Child, now: float, end: End) -> None:
        if now - child.started_at >= self._window.intensity.period:
            child.failures = 0
        child.failures += 1
        child.restarts += 1
        delay = child.spec.backoff.delay(child.failures, self.system.rng)
        child.timer = self.system.after(delay, self.handle, RestartDue(child.spec.id, child.run))
        self._report(child, What.RESTARTING, end.reason, delay=delay)

    def _group(self, child: Child) -> list[Child]:
        """Return the siblings that are restarted with `child`; as in OTP, those too that had ended normally."""
        everyone = list(self._children.values())
        match self._strategy:
            case Strategy.ONE_FOR_ONE:
                return []
            case Strategy.ONE_FOR_ALL:
                return [other for other in everyone if other is not child]
            case Strategy.REST_FOR_ONE:
                return everyone[everyone.index(child) + 1 :]

    def _started(self, message: ChildStarted) -> None:
        child = self._of_run(message)
        if child is not None and child.state is State.STARTING:
            child.state = State.UP
            self._report(child, What.STARTED)
            self._progress(child)

    def _overdue(self, message: StopOverdue) -> None:
        child = self._of_run(message)
        if child is not None and child.state is State.STOPPING:
            child.timer = None
            reason = f"given up: not stopped within {child.spec.shutdown:g} s"
            self._report(child, What.GIVEN_UP, reason)
            if child.actor is not None:
                child.actor.give_up(reason)

    def _due(self, message: RestartDue) -> None:
        child = self._of_run(message)
        if child is not None and not child.alive:
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
            if self._holds_up_others(child):
                return

    def _holds_up_others(self, child: Child) -> bool:
        """Tell whether those after it wait: for its first start, or always when they depend on it."""
        first_start = child.alive and child.restarts == 0
        return not child.ready and (first_start or self._strategy is not Strategy.ONE_FOR_ONE)

    def _start_child(self, child: Child) -> None:
        child.state = State.STARTING
        child.run = self.system.next_run()
        child.started_at = self.system.now()
        started = partial(self.handle.tell, ChildStarted(child.spec.id, child.run))
        try:
            self.system.spawn(child.handle, partial(self._make, child), child.ended, started)
        except BaseException as error:  # noqa: BLE001 - a factory that fails is a child that failed
            child.ended(failure(type(error), error, error.__traceback__))

    def _make(self, child: Child) -> Actor:
        actor = child.actor = child.spec.factory()
        if self.actor_stopped.is_set():
            raise SupervisorGone(f"{self.handle.path} was given up while it started {child.spec.id}")
        return actor

    def _stop_child(self, child: Child) -> None:
        if child.state is State.STOPPING:
            return
        child.state = State.STOPPING
        child.cancel_timer()
        overdue = StopOverdue(child.spec.id, child.run)
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
            self.conclude(end)
        else:
            self.finish()

    # its own end

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End for a bug in the supervisor itself: in order, or without any when that fails too."""
        if self._closing is None and any(child.alive for child in self._children.values()):
            self._close(failure(exception_type, exception_value, traceback))
            return
        self._abandon(f"its supervisor failed: {exception_value!r}")
        self._forget_all()
        super()._handle_failure(exception_type, exception_value, traceback)

    def give_up(self, reason: str) -> None:
        """End a supervisor that does not stop, and all below it. From any thread."""
        self._abandon(reason)
        self._forget_all()
        super().give_up(reason)

    def came_back(self) -> None:
        """Give up what was started in the turn during which the supervisor itself was given up."""
        self._abandon("its supervisor was given up")

    def _abandon(self, reason: str) -> None:
        for child in tuple(self._children.values()):
            actor = child.actor
            if actor is not None:
                actor.give_up(reason)
            child.cancel_timer()

    def _forget_all(self) -> None:
        """Drop the names that nobody will use again: none of a fixed set."""

    # the set of children

    def _add(self, spec: ChildSpec) -> Child:
        child = Child(spec, self.system.handle(self.child_path(self.handle, spec.id)), self.handle)
        self._children[spec.id] = child
        return child

    def _drop(self, child: Child) -> None:
        del self._children[child.spec.id]
        self.system.forget(child.handle)
        if child.handle.kind is not None and issubclass(child.handle.kind, Supervisor):
            self.system.forget_below(child.handle)

    @staticmethod
    def child_path(parent: Handle, id_: str) -> str:
        """Return the path of a child: its parent's and its id."""
        return f"{parent.path.rstrip('/')}/{id_}"

    def restarts(self) -> dict[str, int]:
        """Return how often each child was restarted, by path. For snapshots, from any thread."""
        return {child.handle.path: child.restarts for child in tuple(self._children.values())}

    def children(self) -> tuple[ChildSnapshot, ...]:
        """Return how each child is, in the order of their start. From any thread."""
        return tuple(snapshot(child) for child in tuple(self._children.values()))

    def _report(self, child: Child, what: What, reason: str = "", trace: str = "", delay: float = 0.0) -> None:
        try:
            self._report_to(Report(self.handle.path, child.handle.path, what, reason, trace, delay))
        except Exception:  # noqa: BLE001 - a listener's bug is no reason to restart what is listened to
            _log.exception("reporter_failed", path=self.handle.path)


def start_root(system: ActorSystem, root: Supervisor, on_end: Callable[[End], None] | None = None) -> Handle:
    """Start a supervisor that nobody supervises; `on_end(End)` hears how it ended."""
    handle = system.handle("/")
    system.spawn(handle, lambda: root, on_end)
    return handle
