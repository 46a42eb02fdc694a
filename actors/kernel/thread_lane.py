"""The lane of a running system: a bounded pool of threads, some of them kept for urgent jobs.

Outcomes are told under the lane's lock: so `overdue` always comes before the late result, and the outcome of a job
before that of its successor.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial

from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.errors import LaneClosed
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Disposer, Job, KeyQueues
from the0_actors.actors.kernel.snapshots import LaneSnapshot
from the0_actors.actors.kernel.timers import Timers

TURN_ABOUT = 4
"""One job in so many is of the class that is served last: nothing waits for ever."""


class _Crew:
    """Threads that take the same jobs. They are made when first needed."""

    def __init__(self, name: str, limit: int, ready: threading.Condition, *queues: deque[Job]) -> None:
        self.name = name
        self.limit = limit
        self.ready = ready
        self.queues = queues
        """What they take, the first queue first."""
        self.taken = 0
        self.threads: list[threading.Thread] = []
        self.idle = 0
        """Threads that take the next job, those just made included."""

    def next(self) -> Job | None:
        """Take a job."""
        order = self.queues if (self.taken + 1) % TURN_ABOUT else self.queues[::-1]
        for jobs in order:
            if jobs:
                self.taken += 1
                return jobs.popleft()
        return None

    def short(self) -> bool:
        """Tell whether there are more jobs than threads for them, and one more may be made."""
        return sum(map(len, self.queues)) > self.idle and len(self.threads) < self.limit


class ThreadLane:
    """`threads` for all jobs and `reserved` for urgent ones alone."""

    def __init__(
        self, name: str, clock: Clock, timers: Timers, *, threads: int, reserved: int = 0, manned: bool = False
    ) -> None:
        """Make threads when they are needed; `manned`: all of them at once, for a lane that must not wait for one."""
        self._name = name
        self._clock = clock
        self._timers = timers
        self._lock = lock = threading.RLock()
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._bulk: deque[Job] = deque()
        self._keys = KeyQueues()
        self._crews = (
            _Crew(name, threads, threading.Condition(lock), self._urgent, self._jobs, self._bulk),
            _Crew(f"{name}-urgent", reserved, threading.Condition(lock), self._urgent),
        )
        self._running = self._overdue = self._late = 0
        self._open = True
        if manned:
            with lock:
                for crew in self._crews:
                    for _ in range(crew.limit):
                        self._hire(crew)

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
        """Queue a job; its deadline counts from now."""
        job = Job(key, call, reply_to, token, deadline, urgent, bulk, disposer)
        with self._lock:
            if not self._open:
                self._refuse(job)
                return
            job.timer = self._timers.after(deadline, partial(self._expire, job))
            if self._keys.admit(job):
                self._enqueue(job)

    def _enqueue(self, job: Job) -> None:
        (self._urgent if job.urgent else self._bulk if job.bulk else self._jobs).append(job)
        for crew in self._crews:
            if crew.short():
                self._hire(crew)
        # One of each that may take it: who is busy looks for itself when it is done, and to wake up all for one job
        # costs more than the job.
        for crew in self._crews if job.urgent else self._crews[:1]:
            crew.ready.notify()

    def _hire(self, crew: _Crew) -> None:
        name = f"{crew.name}-{len(crew.threads) + 1}"
        thread = threading.Thread(target=self._work, args=(crew,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine has no thread left: the job waits for one that is there, or gets overdue
            return
        crew.threads.append(thread)
        crew.idle += 1

    def _refuse(self, job: Job) -> None:
        job.complete(None, LaneClosed(f"lane {self._name} is closed"))

    def _expire(self, job: Job) -> None:
        with self._lock:
            self._overdue += job.expire()

    def _work(self, crew: _Crew) -> None:
        while (job := self._next(crew)) is not None:
            value, error = job.run()
            with self._lock:
                self._settle(job, value, error)
                crew.idle += 1
            del job, value, error  # an idle thread keeps nothing alive

    def _next(self, crew: _Crew) -> Job | None:
        with self._lock:
            while self._open:
                job = crew.next()
                if job is not None:
                    crew.idle -= 1
                    self._running += 1
                    job.began = self._clock.monotonic()
                    return job
                crew.ready.wait()
            return None

    def _settle(self, job: Job, value: object, error: Exception | None) -> None:
        self._running -= 1
        if job.overdue:
            self._overdue -= 1
            self._late += 1
        job.complete(value, error)
        successor = self._keys.release(job.key)
        if successor is not None:
            self._enqueue(successor)

    def close(self, timeout: float) -> bool:
        """Begin no more jobs and wait for those that run; False when some did not come back in `timeout` seconds.

        Those that have not begun are completed with `LaneClosed`; those that run are told as ever when they come back.
        """
        with self._lock:
            self._open = False
            for job in [*self._urgent, *self._jobs, *self._bulk, *self._keys.drain()]:
                self._overdue -= job.overdue
                self._refuse(job)
            self._urgent.clear()
            self._jobs.clear()
            self._bulk.clear()
            for crew in self._crews:
                crew.ready.notify_all()
            threads = [thread for crew in self._crews for thread in crew.threads]
        until = self._clock.monotonic() + timeout
        for thread in threads:
            thread.join(max(until - self._clock.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in threads)

    def snapshot(self) -> LaneSnapshot:
        """Return how it is."""
        with self._lock:
            return LaneSnapshot(
                name=self._name,
                running=self._running,
                waiting=len(self._urgent) + len(self._jobs) + len(self._bulk) + self._keys.waiting,
                overdue=self._overdue,
                late=self._late,
                threads=sum(len(crew.threads) for crew in self._crews),
                limit=sum(crew.limit for crew in self._crews),
            )
