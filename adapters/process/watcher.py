"""Follows what happens to the boxes by looking again and again: a look costs microseconds, and needs no privilege."""

from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread, current_thread

from the0_actors.actors.domain.observed import Status
from the0_actors.actors.ports.engine import EngineEvent, Happening

Sight = Mapping[str, tuple[str, Status]]
"""Container id to bot id and status."""


class Watcher:
    """A subscription over `look`. Two states that came between two looks are told one after the other."""

    def __init__(
        self,
        look: Callable[[], Sight],
        emit: Callable[[EngineEvent], None],
        ended: Callable[[str], None],
        interval: float,
    ) -> None:
        self._look = look
        self._emit = emit
        self._ended = ended
        self._interval = interval
        self._closed = Event()
        self._seen = look()
        self._thread = Thread(target=self._run, name="process-engine-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; nothing is emitted after this returned."""
        self._closed.set()
        if self._thread is not current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._interval):
            try:
                now = self._look()
            except Exception as error:  # noqa: BLE001 - whatever ends the stream is told
                self._ended(f"looking at the bots failed: {error}")
                return
            for event in changes(self._seen, now):
                if self._closed.is_set():
                    return
                self._emit(event)
            self._seen = now


def changes(before: Sight, now: Sight) -> Iterator[EngineEvent]:
    """Yield what happened between two looks."""
    for container_id in before.keys() | now.keys():
        bot_id, status = now.get(container_id) or (before[container_id][0], None)
        old = before[container_id][1] if container_id in before else None
        for happening in _happenings(old, status):
            yield EngineEvent(bot_id, container_id, happening)


def _happenings(old: Status | None, new: Status | None) -> Iterator[Happening]:
    if new is old:
        return
    if new is None:
        yield Happening.REMOVED
        return
    if old in {None, Status.CREATED} and new is not Status.CREATED:
        yield Happening.STARTED
    if new is Status.PAUSED:
        yield Happening.PAUSED
    elif old is Status.PAUSED and new is Status.RUNNING:
        yield Happening.RESUMED
    elif new is Status.EXITED:
        yield Happening.DIED
