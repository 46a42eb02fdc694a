"""An actor runtime that keeps trading bots running.

The names below are the embedding API (`docs/embedding.md`). Each is loaded when it is first asked for, so that
`import the0_actors` costs nothing and needs no client library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from the0_actors.version import __version__

if TYPE_CHECKING:
    from the0_actors.actors.bot.rules import TakeOver
    from the0_actors.actors.domain.launch import Kind, LaunchSpec
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
    from the0_actors.actors.ports.engine import Engine
    from the0_actors.actors.ports.feed import EventFeed
    from the0_actors.actors.ports.lock import EngineLock
    from the0_actors.actors.ports.status import BotStatus, Command, Phase, RuntimeStatus
    from the0_actors.actors.ports.store import BotStore
    from the0_actors.supervisors.runtime import Runtime, Threads
    from the0_actors.supervisors.tree import Ports, TreeSettings

__all__ = [
    "BotStatus",
    "BotStore",
    "CodeMissing",
    "Command",
    "Engine",
    "EngineLock",
    "EventFeed",
    "Gone",
    "InvalidSetting",
    "Kind",
    "LaunchSpec",
    "MalformedDocument",
    "NameTaken",
    "NotActive",
    "Phase",
    "PortInUse",
    "Ports",
    "Refused",
    "Runtime",
    "RuntimeStatus",
    "TakeOver",
    "The0ActorsError",
    "Threads",
    "TreeSettings",
    "Unavailable",
    "Unlaunchable",
    "__version__",
]

_HOMES = {
    "actors.bot.rules": {"TakeOver"},
    "actors.domain.launch": {"Kind", "LaunchSpec"},
    "actors.ports.engine": {"Engine"},
    "actors.ports.feed": {"EventFeed"},
    "actors.ports.lock": {"EngineLock"},
    "actors.ports.status": {"BotStatus", "Command", "Phase", "RuntimeStatus"},
    "actors.ports.store": {"BotStore"},
    "supervisors.runtime": {"Runtime", "Threads"},
    "supervisors.tree": {"Ports", "TreeSettings"},
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "actors.errors")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
