"""The lane of a simulation: calls take virtual time, and the scenario says how long.

The call is made when its time is over, so a call that outlasts its deadline is heard as overdue first and takes effect
later, as with a real service that was slow.
"""

from collections.abc import Callable, Hashable
from functools import partial

from the0_actors.actors.kernel.dispatcher import Dispatcher
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Disposer, Job, KeyQueues
from the0_actors.actors.kernel.snapshots import LaneSnapshot
from the0_actors.actors.kernel.step import Stepper


class _Making:
    """One call that is ready to be made: a turn of the step dispatcher."""

    __slots__ = ("_job", "_lane")

    def __init__(self, lane: "StepLane", job: Job) -> None:
        self._lane, self._job = lane, job

    def turn(self) -> None:
        self._lane.make(self._job)


class StepLane:
    """Runs jobs on the step dispatcher. `latency` answers how many seconds the next call takes."""

    def __init__(
        self, name: str, stepper: Stepper, latency: Callable[[], float], dispatcher: Dispatcher | None = None
    ) -> None:
        """Make calls as turns of `dispatcher`; None: of the stepper's own."""
        self._name = name
        self._stepper = stepper
        self._dispatcher = dispatcher or stepper.dispatcher
        self._latency = latency
        self._keys = KeyQueues()
        self._running = self._overdue = self._late = 0

    def submit(
        self,
        key: Hashable,
        call: Callable[[], object],
        reply_to: Handle,
        token: object,
        deadline: float,
        *,
        urgent: bool = False,
        bulk: bool = False,
        disposer: Disposer | None = None,
    ) -> None:
        """Queue a job; its deadline counts from now. Threads are without end here: `urgent` and `bulk` mean nothing."""
        job = Job(key, call, reply_to, token, deadline, urgent, bulk, disposer)
        job.timer = self._stepper.timers.after(deadline, partial(self._expire, job))
        if self._keys.admit(job):
            self._begin(job)

    def _begin(self, job: Job) -> None:
        self._running += 1
        job.began = self._stepper.clock.monotonic()
        turn = _Making(self, job)
        delay = self._latency()
        if delay <= 0:
            self._dispatcher.submit(turn)
        else:
            self._stepper.timers.after(delay, partial(self._dispatcher.submit, turn))

    def make(self, job: Job) -> None:
        """Make the call and tell the outcome. For the dispatcher."""
        job.complete(*job.run())
        self._running -= 1
        if job.overdue:
            self._overdue -= 1
            self._late += 1
        successor = self._keys.release(job.key)
        if successor is not None:
            self._begin(successor)

    def _expire(self, job: Job) -> None:
        self._overdue += job.expire()

    def snapshot(self) -> LaneSnapshot:
        """Return how it is."""
        return LaneSnapshot(self._name, self._running, self._keys.waiting, self._overdue, self._late)
