"""When a disk has too little room left. Pure."""

from dataclasses import dataclass

MIB = 2**20
LOW, LOW_SHARE = 1024 * MIB, 0.05
"""Less free than this is an alarm: so many bytes, or this share of a disk on which that is less."""
FULL, FULL_SHARE = 32 * MIB, 0.01
"""Less than this counts as full."""


@dataclass(frozen=True, slots=True)
class Space:
    """How much room there is in one place."""

    place: str
    """What is kept there and where, for an operator."""
    free: int
    """Bytes."""
    total: int
    """Bytes; 0 where the file system does not count."""
    free_files: int
    files: int
    """How many files there may be; 0 where the file system does not count them."""

    @property
    def low(self) -> bool:
        """Too little is left."""
        return self._less_than(LOW, LOW_SHARE)

    @property
    def full(self) -> bool:
        """Next to nothing is left."""
        return self._less_than(FULL, FULL_SHARE)

    def __str__(self) -> str:
        """Return what is left, in words."""
        if self.files and self.free_files < self.files * LOW_SHARE:
            return f"{self.place}: room for {self.free_files} more files of {self.files} is left"
        word = "full" if self.full else "nearly full"
        return f"{self.place}: the disk is {word}, {self.free // MIB} MiB of {self.total // MIB} MiB are free"

    def _less_than(self, room: int, share: float) -> bool:
        return (self.total > 0 and self.free < min(room, self.total * share)) or (
            self.files > 0 and self.free_files < self.files * share
        )
