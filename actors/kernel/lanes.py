"""Lanes: where blocking calls run, so that no actor ever blocks.

A job is submitted with a key and a deadline; its outcome comes back as a message. Jobs of one key run one after the
other, in order, and that outlives the actor that submitted them: a successor's first call waits for its predecessor's
last. Past the deadline the asker hears `overdue`; when the call comes back after all, it hears the result marked late.
Of one key, the outcomes are told in the order of the jobs.
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol

from the0_actors.actors.kernel.errors import HandlerExit
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Disposable
from the0_actors.actors.kernel.snapshots import LaneSnapshot
from the0_actors.actors.kernel.timers import Timer

Disposer = Callable[[Any], None]
"""Closes what a job returned."""


@dataclass(frozen=True, slots=True)
class Completed(Disposable):
    """The outcome of a job, told to who submitted it."""

    token: object
    """What was given at `submit`."""
    value: object
    """What the job returned; None with an error or when overdue."""
    error: Exception | None
    began: float
    """Monotonic time at which the call began: an answer is no older than this. -inf when it never began."""
    overdue: bool = False
    """The deadline passed and the call has not come back; a second `Completed` with `late` follows if it ever does."""
    late: bool = False
    disposer: Disposer | None = field(default=None, compare=False, repr=False)
    """What was given at `submit`."""

    def dispose(self) -> None:
        """Close the value, since who submitted the job has ended."""
        if self.disposer is not None and self.value is not None:
            self.disposer(self.value)


@dataclass(slots=True)
class Job:
    """One blocking call. The lane's own."""

    key: Hashable
    call: Callable[[], object]
    reply_to: Handle
    token: object
    deadline: float
    """Seconds from its submission."""
    urgent: bool = False
    bulk: bool = False
    disposer: Disposer | None = None
    overdue: bool = False
    done: bool = False
    timer: Timer | None = None
    began: float = float("-inf")

    def run(self) -> tuple[object, Exception | None]:
        """Make the call; return its value and its error."""
        try:
            return self.call(), None
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker decides
            return None, error
        except BaseException as error:  # noqa: BLE001 - a SystemExit would take the lane's thread along
            exit_ = HandlerExit(f"{error!r} in a call for {self.reply_to.path}")
            exit_.__cause__ = error
            return None, exit_

    def expire(self) -> bool:
        """Tell the asker that the deadline passed; False when the outcome is told already."""
        if self.done:
            return False
        self.overdue = True
        self.reply_to.tell(Completed(self.token, None, None, self.began, overdue=True))
        return True

    def complete(self, value: object, error: Exception | None) -> None:
        """Tell the asker the outcome."""
        self.done = True
        if self.timer is not None:
            self.timer.cancel()
        self.reply_to.tell(Completed(self.token, value, error, self.began, late=self.overdue, disposer=self.disposer))


class Lane(Protocol):
    """A bounded place for blocking calls."""

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
        """Run `call` when it is this key's turn. `urgent` jobs (stops, kills) have threads of their own.

        `bulk` jobs (one of very many that come at once) let the others go first, but for one job in a few.

        `deadline` counts in seconds from now, the wait for a thread and for the key included. A job that has not begun
        by then is still made, later; its outcome is late. Never blocks and never raises: a lane that was closed
        completes the job with `LaneClosed`. `disposer` gets the value when the asker has ended and nobody takes it.
        """
        ...

    def snapshot(self) -> LaneSnapshot:
        """Return how it is."""
        ...


class KeyQueues:
    """Which jobs may run: at most one per key. Not thread-safe; the lane locks."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Job]] = {}

    def admit(self, job: Job) -> bool:
        """Return True when the job may run now; else it is kept."""
        queue = self._waiting.get(job.key)
        if queue is None:
            self._waiting[job.key] = deque()
            return True
        queue.append(job)
        return False

    def release(self, key: Hashable) -> Job | None:
        """Take note that a key's job ended; return the next one that may run."""
        queue = self._waiting[key]
        if queue:
            return queue.popleft()
        del self._waiting[key]
        return None

    def drain(self) -> list[Job]:
        """Take all jobs that wait for their key."""
        jobs = [job for queue in self._waiting.values() for job in queue]
        for queue in self._waiting.values():
            queue.clear()
        return jobs

    @property
    def waiting(self) -> int:
        """Jobs that wait for their key."""
        return sum(len(queue) for queue in self._waiting.values())
