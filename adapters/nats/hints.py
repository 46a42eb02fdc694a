"""Messages heard over core NATS that nobody has acted on yet.

While a stream delivers, each of them comes a second time, with a position; then its twin here is struck out. What is
left when the stream has nothing more to give (it appeared too late, was deleted, refused to store) was heard here
alone and is handed on. So nothing is lost when a stream comes or goes.
"""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """One message as it came."""

    subject: str
    payload: bytes


class Hints:
    """Unheeded messages in order of arrival, bounded by count and bytes; used on the feed's loop alone.

    A message that is heard again moves to the end: only its last place in the order counts.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._held: dict[Hint, int] = {}
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._heard = 0
        self._some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._held)

    def hear(self, hint: Hint) -> int:
        """Keep a message; return how many of the oldest had to be forgotten for it."""
        self.forget(hint)
        self._heard += 1
        self._held[hint] = self._heard
        self._bytes += len(hint.payload)
        self._some.set()
        forgotten = 0
        while len(self._held) > self._most or self._bytes > self._most_bytes:
            self.forget(next(iter(self._held)))
            forgotten += 1
        return forgotten

    def forget(self, hint: Hint) -> None:
        """Strike a message out: its twin came, or it was acted on. Not held is fine."""
        if self._held.pop(hint, None) is None:
            return
        self._bytes -= len(hint.payload)
        if not self._held:
            self._some.clear()

    def mark(self) -> int:
        """Return a mark that tells what was heard up to now from what comes later."""
        return self._heard

    def oldest(self, mark: int | None = None) -> Hint | None:
        """Return the message heard longest ago, or None when there is none (of those heard before the mark)."""
        for hint, heard in self._held.items():
            return hint if mark is None or heard <= mark else None
        return None

    def next(self, most: int, first: str, mark: int | None = None) -> list[Hint]:
        """Return so many messages (of those heard before the mark): on the subject `first`, then the oldest."""
        heard = [hint for hint, number in self._held.items() if mark is None or number <= mark]
        heard.sort(key=lambda hint: hint.subject != first)
        return heard[:most]

    async def some(self) -> None:
        """Wait until there is one."""
        await self._some.wait()
