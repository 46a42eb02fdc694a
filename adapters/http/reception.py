"""Takes connections and reads the heads of their requests, all of them on one thread that waits for nobody.

A connection that says nothing costs a socket and a few bytes, never a thread. There is a bound of connections for each
peer and one for all: beyond it the one that has dawdled longest makes room, so that whoever comes and says at once what
he wants is heard, however many others hang. After its answer a connection is read out for a moment: to close it on
unread bytes would take the answer back.
"""

import selectors
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from the0_actors.adapters.http.request import HEAD_BYTES, is_whole

CALLERS = 256
"""Connections at one time that are not being answered."""
CALLERS_OF_PEER = 64
"""Of them, those of one address."""
HEAD_SECONDS = 5.0
"""For a whole head."""
_FAREWELL_SECONDS = 1.0
_FAREWELL_BYTES = 64 * 1024
_CHUNK = 4096
_TURN = 0.25
"""Seconds between two looks at who takes too long."""
_AT_ONCE = 64
"""Connections that are taken in one turn."""


@dataclass(slots=True, eq=False)
class Caller:
    """One connection."""

    socket: socket.socket
    peer: str
    until: float
    """Monotonic time at which it is cut off."""
    head: bytes = b""
    whole: bool = False
    """The head is."""
    spare: int | None = None
    """Bytes that are still read out after its answer; None before that."""


class Reception:
    """The loop over one listening socket. `run` is called once, on a thread of its own."""

    def __init__(self, listener: socket.socket, heard: Callable[[Caller], None], clock: Callable[[], float]) -> None:
        """`heard` gets each caller whose head is whole, or too long, and gives it back by `farewell`, or closes it."""
        listener.settimeout(0.0)
        self._listener = listener
        self._heard = heard
        self._clock = clock
        self._callers: dict[socket.socket, Caller] = {}
        """Those who are read, the oldest first."""
        self._leaving: deque[Caller] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0.0)
        self._closing = threading.Event()

    def run(self) -> None:
        """Go on until `close`."""
        with self._selector, self._listener, self._bell, self._ear:
            for ours in (self._listener, self._ear):
                self._selector.register(ours, selectors.EVENT_READ)
            while not self._closing.is_set():
                for key, _ in self._selector.select(_TURN):
                    self._look_at(key.fileobj)
                while self._leaving:
                    self._read_out(self._leaving.popleft())
                self._cut_off()
            for caller in tuple(self._callers.values()):
                self._drop(caller)

    def close(self) -> None:
        """End the loop. Callable from any thread."""
        self._closing.set()
        self._ring()

    def farewell(self, caller: Caller) -> None:
        """Take back a caller who was answered. Callable from any thread."""
        self._leaving.append(caller)
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it is heard in any case; closed: nobody listens any more
            self._bell.send(b"!")

    def _look_at(self, ours: object) -> None:
        if ours is self._listener:
            for _ in range(_AT_ONCE):
                if not self._accept():
                    return
        elif ours is self._ear:
            self._ear.recv(_CHUNK)
        elif (caller := self._callers.get(ours)) is not None:  # type: ignore[call-overload]
            self._read(caller)

    def _accept(self) -> bool:
        """Take one more connection; False when there is none, or no descriptor left for it."""
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return False
        except OSError:
            self._make_room(None)
            self._closing.wait(0.01)  # a peer that has left already, or no descriptors: this must not spin
            return False
        connection.settimeout(0.0)
        peer = str(address[0])
        of_peer = sum(caller.peer == peer for caller in self._callers.values())
        if of_peer >= CALLERS_OF_PEER:
            self._make_room(peer)
        elif len(self._callers) >= CALLERS:
            self._make_room(None)
        caller = Caller(connection, peer, self._clock() + HEAD_SECONDS)
        self._follow(caller)
        self._read(caller)
        return True

    def _make_room(self, peer: str | None) -> None:
        """Drop the oldest caller of a peer; of the one with the most, when it is None."""
        if peer is None and self._callers:
            peer = Counter(caller.peer for caller in self._callers.values()).most_common(1)[0][0]
        oldest = next((caller for caller in self._callers.values() if caller.peer == peer), None)
        if oldest is not None:
            self._drop(oldest)

    def _read(self, caller: Caller) -> None:
        try:
            # Of a body no more than comes along: the end of a head stands within its bound, or it is too long.
            data = caller.socket.recv(_CHUNK if caller.spare is not None else HEAD_BYTES - len(caller.head))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(caller)
        elif caller.spare is not None:
            caller.spare -= len(data)
            if caller.spare < 0:
                self._drop(caller)
        else:
            caller.head += data
            caller.whole = is_whole(caller.head, len(data))
            if caller.whole or len(caller.head) == HEAD_BYTES:
                self._let_go(caller)
                self._heard(caller)

    def _read_out(self, caller: Caller) -> None:
        caller.until, caller.spare = self._clock() + _FAREWELL_SECONDS, _FAREWELL_BYTES
        try:
            caller.socket.settimeout(0.0)
            caller.socket.shutdown(socket.SHUT_WR)
        except OSError:
            caller.socket.close()
            return
        self._follow(caller)

    def _follow(self, caller: Caller) -> None:
        self._callers[caller.socket] = caller
        self._selector.register(caller.socket, selectors.EVENT_READ)

    def _let_go(self, caller: Caller) -> None:
        del self._callers[caller.socket]
        self._selector.unregister(caller.socket)

    def _drop(self, caller: Caller) -> None:
        self._let_go(caller)
        caller.socket.close()

    def _cut_off(self) -> None:
        now = self._clock()
        for caller in [caller for caller in self._callers.values() if now > caller.until]:
            self._drop(caller)
