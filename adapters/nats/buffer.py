"""Messages of the stream that were pulled and are not acknowledged, bounded by count and bytes.

Deletions are handed out first, the others in their order. Used on the feed's loop alone.
"""

import asyncio
from collections import deque

from nats.aio.msg import Msg

from the0_actors.actors.ports.feed import Lag


class Buffer:
    """What waits to be handed out (`pop`), and what was, until it is released."""

    def __init__(self, most: int, most_bytes: int, first: str) -> None:
        """`first`: the subject that is handed out before all others."""
        self._most, self._most_bytes, self._first = most, most_bytes, first
        self._urgent: deque[Msg] = deque()
        self._waiting: deque[Msg] = deque()
        self._held: dict[int, Msg] = {}
        self._bytes = 0
        self._newest: Msg | None = None
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def held(self) -> list[Msg]:
        """All that is not released, the oldest first."""
        return list(self._held.values())

    def add(self, message: Msg) -> None:
        """Take a message."""
        (self._urgent if message.subject == self._first else self._waiting).append(message)
        self._held[id(message)] = self._newest = message
        self._bytes += len(message.data)
        self._changed.set()

    def pop(self) -> Msg | None:
        """Hand out the next message; None when there is none. It is held until it is released."""
        queue = self._urgent or self._waiting
        return queue.popleft() if queue else None

    def release(self, message: Msg) -> None:
        """Hold a message no longer: it was acknowledged, or given back."""
        if self._held.pop(id(message), None) is not None:
            self._bytes -= len(message.data)
            self._changed.set()

    def lag(self) -> Lag:
        """Return what is not worked off, here and in the stream beyond."""
        beyond = 0 if self._newest is None else self._newest.metadata.num_pending
        oldest = next(iter(self._held.values()), None)
        since = None if oldest is None else oldest.metadata.timestamp.timestamp()
        return Lag(len(self._held) + beyond, since)

    async def room(self) -> int:
        """Wait until there is room, and return for how many messages."""
        while len(self._held) >= self._most or self._bytes >= self._most_bytes:
            await self._change()
        return self._most - len(self._held)

    async def some(self) -> None:
        """Wait until there is a message to hand out."""
        while not self._urgent and not self._waiting:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
