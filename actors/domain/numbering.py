"""Who numbered an event: a stream, told by its name and creation time, and how often it went back before.

A server that lost the end of a stream (killed before it synced, restored from an older copy) hands its sequences out
once more. From that point on the stream numbers under another identity: in `THE0_EVENTS@2026-01-02…~2.41` it went back
for the second time, and 41 is the first sequence handed out again. What it held before keeps its identity, so that
reading it once more brings nothing older back.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Numbering:
    """One identity, as `Position.stream` holds it."""

    stream: str
    """Name, `@`, creation time."""
    falls: int = 0
    """How often the stream went back before."""
    first: int = 0
    """The lowest sequence that is numbered by it."""

    def __str__(self) -> str:
        """Return the identity."""
        return f"{self.stream}~{self.falls}.{self.first}" if self.falls else self.stream

    @classmethod
    def parse(cls, identity: str) -> Self:
        """Return what an identity says; every text is one."""
        stream, _, suffix = identity.rpartition("~")
        falls, _, first = suffix.partition(".")
        if stream and falls.isdecimal() and first.isdecimal():
            return cls(stream, int(falls), int(first))
        return cls(identity)

    @property
    def age(self) -> tuple[str, int]:
        """Return what grows with time."""
        return self.stream.rpartition("@")[2], self.falls
