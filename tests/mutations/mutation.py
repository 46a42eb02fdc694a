"""One bug: a piece of a module, what it is replaced by, and the tests that should notice."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Mutation:
    """Replaces `before`, which stands exactly once in `module`, by `after`."""

    name: str
    """What is broken, in a few words."""
    module: str
    before: str
    after: str
    tests: tuple[str, ...]
    """Where to look for a test that fails, the cheapest first."""

    def broken(self, source: str) -> str:
        """Return the module's text with the bug. Raises `ValueError` when the piece is not there exactly once."""
        found = source.count(self.before)
        if found != 1:
            raise ValueError(f"{self.name}: {found} places in {self.module}")
        return source.replace(self.before, self.after)
