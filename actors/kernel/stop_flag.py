"""The flag that says an actor is stopped: an event that costs little while nobody waits for it."""

import threading


class StopFlag(threading.Event):
    """A `threading.Event` without its kilobyte: the condition is made when somebody waits."""

    def __init__(self) -> None:  # deliberately without super(): that is where the kilobyte is
        self._flag = False

    def is_set(self) -> bool:
        """Tell whether it is set."""
        return self._flag

    def set(self) -> None:
        """Set, and wake who waits."""
        self._flag = True  # before the look for waiters: who comes after sees the flag
        waiters: threading.Condition | None = self.__dict__.get("waiters")
        if waiters is not None:
            with waiters:
                waiters.notify_all()

    def clear(self) -> None:
        """Unset."""
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Block until set, at most `timeout` seconds; return whether it is set."""
        if not self._flag:
            # setdefault is one step of the interpreter: two who wait at once share one condition
            waiters: threading.Condition = self.__dict__.setdefault("waiters", threading.Condition())
            with waiters:
                waiters.wait_for(self.is_set, timeout)
        return self._flag
