"""Standard output and error of one command, with secrets hidden in whatever is written: lines, logs and traces alike.

Secrets are learned where values come in. A URL's password is hidden also where nobody told of it.
"""

import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO, cast

from the0_actors.actors.domain.masking import Masker, Secret

_PRESENT: ContextVar[Masker | None] = ContextVar("masker", default=None)


class MaskedStream:
    """A text stream that hides secrets in each piece that is written to it; bytes written to its buffer stay."""

    def __init__(self, stream: TextIO, mask: Callable[[str], str]) -> None:
        self._stream = stream
        self._mask = mask

    def write(self, text: str) -> int:
        """Write, masked; return how many characters were taken."""
        self._stream.write(self._mask(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's own."""
        return getattr(self._stream, name)


@contextmanager
def masked_streams() -> Generator[None, None, None]:
    """Hide secrets in both streams, for the time of the context."""
    mask = Masker()
    before = sys.stdout, sys.stderr
    token = _PRESENT.set(mask)
    sys.stdout, sys.stderr = (cast("TextIO", MaskedStream(stream, mask)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        _PRESENT.reset(token)


def masker() -> Masker:
    """Return what hides secrets in the present command; one that nobody listens to outside of any."""
    return _PRESENT.get() or Masker()


def learn(secrets: Iterable[Secret]) -> None:
    """Hide these too, from now on, in the present command."""
    masker().learn(secrets)
