"""What a feed remembers beyond a connection: how far it read, so that a stream that lost something is noticed."""

from collections.abc import Callable, Mapping

from the0_actors.actors.domain.numbering import Numbering


def nothing() -> Mapping[str, int]:
    """Tell that no stream was read before."""
    return {}


class Known:
    """How far which stream was read: what the database says of it, and what happened since."""

    def __init__(self, ask: Callable[[], Mapping[str, int]] = nothing) -> None:
        """`ask` tells what `learn` is to hear. It may block, and raise `Unavailable`."""
        self.ask = ask
        self.blank = False
        """The database knows of no event at all: it is new, or was emptied, whatever was read before."""
        self._read: dict[Numbering, int] = {}

    def learn(self, read: Mapping[str, int]) -> None:
        """Take over the highest sequence that was written of each identity."""
        self.blank = not read
        for identity, sequence in read.items():
            numbering = Numbering.parse(identity)
            self._read[numbering] = max(sequence, self._read.get(numbering, 0))

    def meet(self, stream: str, last: int) -> str:
        """Take notice of the stream as it is now; return in one line what was lost with an older one, or nothing."""
        before = max(self._read, key=lambda numbering: numbering.age, default=None)
        now = self.current(stream)
        read = self._read.setdefault(now, 0)
        if read > last:
            self._read[Numbering(stream, now.falls + 1, last + 1)] = last
            return f"the stream went back: {now} was read up to {read} and ends at {last}"
        if before is not None and before.stream != stream:
            return f"the stream was deleted and recreated: {before} is now {now}"
        return ""

    def current(self, stream: str) -> Numbering:
        """Return who numbers what this stream takes from now on."""
        return max(self._of(stream), key=lambda numbering: numbering.falls)

    def identity(self, stream: str, sequence: int) -> str:
        """Return who numbered a message of this stream."""
        return str(max((n for n in self._of(stream) if n.first <= sequence), key=lambda numbering: numbering.falls))

    def _of(self, stream: str) -> list[Numbering]:
        return [Numbering(stream), *(numbering for numbering in self._read if numbering.stream == stream)]
