"""Who is alive, by the kernel's word: no engine, no label and no runtime is asked.

A bot's program has its id in its environment, and its container in its control group. So what an engine that is dead,
frozen or unreachable still runs is counted too, of whatever installation. At most one container of each bot may live
at any time; what broke that rule is kept.
"""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

EVERY = 0.2
"""Seconds between two looks."""

_CONTAINER = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Process:
    """One process of a bot."""

    pid: int
    began: str
    """The kernel's mark of when it began: with the number it names one process for good."""
    bot_id: str
    container: str
    mark: str
    """The member `mark` of the configuration that the bot was given."""

    def lives(self) -> bool:
        """Tell whether it is still there."""
        return _began(Path(f"/proc/{self.pid}")) == self.began


@dataclass(frozen=True)
class Double:
    """Two containers of one bot that lived at one time."""

    at: float
    """Unix seconds."""
    bot_id: str
    containers: tuple[str, ...]


@dataclass
class Checker:
    """Looks at all bots whose ids begin with `prefix`, from its own thread, while it is a context."""

    prefix: str
    doubles: list[Double] = field(default_factory=list[Double])
    looks: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, name="checker", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join(30)

    def alive(self) -> dict[str, list[Process]]:
        """Return one process of each live container, by bot."""
        found: dict[str, dict[str, Process]] = defaultdict(dict)
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and (one := _process(folder, self.prefix)) is not None:
                found[one.bot_id].setdefault(one.container, one)
        return {bot_id: list(containers.values()) for bot_id, containers in found.items()}

    def look(self) -> None:
        """Look once. Two are a double only if the first of them still lives after the last was seen."""
        for bot_id, processes in self.alive().items():
            living = [one for one in processes if one.lives()]
            containers = tuple(sorted(one.container for one in living))
            if len(living) > 1 and not any(known.containers == containers for known in self.doubles):
                self.doubles.append(Double(time.time(), bot_id, containers))
        self.looks += 1

    def pause(self, seconds: float) -> None:
        """Let so many seconds pass while it goes on looking."""
        self._over.wait(seconds)

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            self.look()


def _process(folder: Path, prefix: str) -> Process | None:
    with suppress(OSError, ValueError):
        variables = _variables((folder / "environ").read_bytes())
        bot_id = variables.get("BOT_ID", "")
        if not bot_id.startswith(prefix):
            return None
        container = _CONTAINER.search((folder / "cgroup").read_text())
        began = _began(folder)
        if container is not None and began:
            config = json.loads(variables.get("BOT_CONFIG", "{}"))
            return Process(int(folder.name), began, bot_id, container[0], str(config.get("mark", "")))
    return None


def _variables(raw: bytes) -> Mapping[str, str]:
    pairs = (entry.partition("=") for entry in raw.decode(errors="replace").split("\0"))
    return {name: value for name, _, value in pairs}


def _began(folder: Path) -> str:
    """Return when a process began; empty when it is gone, or dead and not yet collected."""
    with suppress(OSError):
        words = (folder / "stat").read_text().rpartition(")")[2].split()
        return "" if words[0] in "ZX" else words[19]
    return ""
