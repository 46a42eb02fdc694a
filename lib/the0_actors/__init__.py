"""An actor runtime that keeps trading bots running.

The names below are the embedding API (`docs/embedding.md`). Each is loaded when it is first asked for, so that
`import the0_actors` costs nothing and needs no client library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from the0_actors.version import __version__

if TYPE_CHECKING:
    from the0_actors.actors.errors import (
        CodeMissing,
        Gone,
        InvalidSetting,
        MalformedDocument,
        NameTaken,
        NotActive,
        PortInUse,
        Refused,
        The0ActorsError,
        Unavailable,
        Unlaunchable,
    )
    from the0_actors.supervisors.runtime import Runtime, Threads
    from the0_actors.supervisors.tree import Ports, TreeSettings

__all__ = [
    "CodeMissing",
    "Gone",
    "InvalidSetting",
    "MalformedDocument",
    "NameTaken",
    "NotActive",
    "PortInUse",
    "Ports",
    "Refused",
    "Runtime",
    "The0ActorsError",
    "Threads",
    "TreeSettings",
    "Unavailable",
    "Unlaunchable",
    "__version__",
]

_ELSEWHERE = {
    "Runtime": "the0_actors.supervisors.runtime",
    "Threads": "the0_actors.supervisors.runtime",
    "Ports": "the0_actors.supervisors.tree",
    "TreeSettings": "the0_actors.supervisors.tree",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_ELSEWHERE.get(name, "the0_actors.actors.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
