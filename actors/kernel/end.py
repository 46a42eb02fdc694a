"""How an incarnation ended, as a value."""

from dataclasses import dataclass
from traceback import format_exception, format_exception_only
from types import TracebackType


@dataclass(frozen=True, slots=True)
class End:
    """How one incarnation ended."""

    reason: str
    """`normal`, or the failure in one line."""
    failed: bool
    trace: str = ""
    """Formatted traceback of the failure."""


NORMAL = End("normal", failed=False)


def failure(kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> End:
    """Return the end that an exception makes. Keeps text only: the frames and what they refer to are let go."""
    return End(
        reason="".join(format_exception_only(kind, error)).strip(),
        failed=True,
        trace="".join(format_exception(kind, error, traceback)),
    )
