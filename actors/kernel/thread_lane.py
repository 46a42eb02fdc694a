"""The lane of a running system: a bounded pool of threads, some of them kept for urgent jobs."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial

from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Job, KeyQueues
from the0_actors.actors.kernel.snapshots import LaneSnapshot
from the0_actors.actors.kernel.timers import Timers


class ThreadLane:
    """`threads` for all jobs and `reserved` for urgent ones alone. Threads are made when first needed."""

    def __init__(self, name: str, clock: Clock, timers: Timers, *, threads: int, reserved: int = 0) -> None:
        self._name = name
        self._clock = clock
        self._timers = timers
        self._ready = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._keys = KeyQueues()
        self._limits = {False: threads, True: reserved}
        self._threads: dict[bool, list[threading.Thread]] = {False: [], True: []}
        self._idle = {False: 0, True: 0}
        self._running = self._overdue = self._late = 0
        self._open = True

    def submit(
        self,
        key: Hashable,
        call: Callable[[], object],
        reply_to: Handle,
        token: object,
        deadline: float,
        *,
        urgent: bool = False,
    ) -> None:
        """Queue a job; its deadline counts from now."""
        job = Job(key, call, reply_to, token, deadline, urgent)
        with self._ready:
            job.timer = self._timers.after(deadline, partial(self._expire, job))
            if self._keys.admit(job):
                self._enqueue(job)

    def _enqueue(self, job: Job) -> None:
        (self._urgent if job.urgent else self._jobs).append(job)
        self._hire(reserved=False)
        if job.urgent:
            self._hire(reserved=True)
        self._ready.notify_all()

    def _hire(self, *, reserved: bool) -> None:
        crew = self._threads[reserved]
        if self._idle[reserved] == 0 and len(crew) < self._limits[reserved] and self._open:
            name = f"{self._name}{'-urgent' if reserved else ''}-{len(crew) + 1}"
            thread = threading.Thread(target=self._work, args=(reserved,), name=name, daemon=True)
            crew.append(thread)
            thread.start()

    def _expire(self, job: Job) -> None:
        with self._ready:
            if job.done:
                return
            job.overdue = True
            self._overdue += 1
        job.reply_to.tell(Completed(job.token, None, None, job.began, overdue=True))

    def _work(self, reserved: bool) -> None:  # noqa: FBT001 - Thread passes positionally
        while (job := self._next(reserved=reserved)) is not None:
            completed = job.run(self._clock.monotonic())
            self._settle(job)
            job.reply_to.tell(completed)

    def _next(self, *, reserved: bool) -> Job | None:
        with self._ready:
            self._idle[reserved] += 1
            while self._open and not self._urgent and (reserved or not self._jobs):
                self._ready.wait()
            self._idle[reserved] -= 1
            if not self._open:
                return None
            self._running += 1
            return self._urgent.popleft() if self._urgent else self._jobs.popleft()

    def _settle(self, job: Job) -> None:
        with self._ready:
            self._running -= 1
            job.done = True
            if job.overdue:
                self._overdue -= 1
                self._late += 1
            if job.timer is not None:
                job.timer.cancel()
            successor = self._keys.release(job.key)
            if successor is not None:
                self._enqueue(successor)

    def close(self, timeout: float) -> bool:
        """Start no more jobs and wait for those that run; False when some did not come back in `timeout` seconds."""
        with self._ready:
            self._open = False
            self._ready.notify_all()
        until = self._clock.monotonic() + timeout
        for thread in [*self._threads[False], *self._threads[True]]:
            thread.join(max(until - self._clock.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in [*self._threads[False], *self._threads[True]])

    def snapshot(self) -> LaneSnapshot:
        """Return how it is."""
        with self._ready:
            waiting = len(self._jobs) + len(self._urgent) + self._keys.waiting
            return LaneSnapshot(self._name, self._running, waiting, self._overdue, self._late)
