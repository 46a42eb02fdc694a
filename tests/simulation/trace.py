"""All that happens in a simulation, line by line: each message told, each call that changed a container."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from unittest.mock import patch

from the0_actors.actors.kernel.handle import Handle

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_SET = re.compile(r"(?<=frozenset\(\{).*?(?=\}\))")


@contextmanager
def traced(write: Callable[[str], object]) -> Generator[None]:
    """Write a line for every message (replies of lanes are messages too): virtual time, receiver, content."""
    tell = Handle.tell

    def telling(handle: Handle, message: object) -> bool:
        line = f"{handle._system.now():.6f} {handle.path} {message!r}"  # pyright: ignore[reportPrivateUsage]
        write(_SET.sub(_sorted, _ADDRESS.sub("", line)))
        return tell(handle, message)

    with patch.object(Handle, "tell", telling):
        yield


def _sorted(members: re.Match[str]) -> str:
    """Write what is in a set by its letters: it has no order of its own, or another one in each process."""
    return ", ".join(sorted(members.group().split(", ")))
