"""What is to run: the engine-neutral description of one bot's container.

A `LaunchSpec` holds everything that reaches the bot and that the desired state decides. What differs by
incarnation stands in a `Birth`; what preparation finds out (the code's content hash) is given beside it. So the
fingerprint of a bot is a function of spec and code hash alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from the0_actors.actors.domain import limits

RESULT: Final = "result.json"
"""File that a scheduled run hands out of its container: what the bot left as its result."""
RESULT_LIMIT: Final = 1024 * 1024
"""Bytes of a result; a larger one is refused, never cut."""
RAISED: Final = "raised.json"
"""Another one, by the wrapper: `{"message": …}`, what the program raised where the exit code hides it."""


class Kind(StrEnum):
    """Which life a bot lives; the value of the label `runtime.type`."""

    REALTIME = "realtime"
    SCHEDULED = "scheduled"


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """What the desired state wants to run for one bot. Source: one document of `bots`."""

    bot_id: str
    kind: Kind
    runtime: str
    """Runtime id, e.g. `python3.11`; not validated here."""
    entrypoint: str
    """Path of the bot's entry point inside its archive, or the empty string when the document has none."""
    code_key: str
    """Object key of the archive in the code bucket."""
    code_version: str
    config_json: str
    """`BOT_CONFIG` as the platform prints it; `{}` when the document has no config."""
    memory_bytes: int | None = None
    """From `config.memory_limit`; None means the engine's default."""
    cpu_millis: int | None = None
    """Thousandths of a CPU from `config.cpu_limit`; None means no hard limit."""
    stop_grace: float | None = None
    """Seconds between TERM and KILL from `config.stop_grace`; None means the runtime's default."""
    pids: int | None = None
    """Processes and threads from `config.pids_limit`; None means the engine's default."""
    state_bytes: int | None = None
    """Bound of what it keeps, from `config.state_limit`; None means the runtime's default."""

    @property
    def name(self) -> str:
        """Return `config.name`, by which people know the bot; empty when there is none. Not unique."""
        return name_in(self.config)

    @property
    def config(self) -> Mapping[str, Any]:
        """Return the bot's config, parsed anew at each call."""
        found: object = json.loads(self.config_json)
        return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}

    @property
    def remark(self) -> str:
        """Say what of the limits in `config` is not understood; empty when all is."""
        return limits.remark(self.config)

    def refusal(self, ceilings: limits.Ceilings) -> str:
        """Say what it asks for and cannot be granted; empty when all can."""
        members = (*limits.MEMBERS, limits.TIMEOUT) if self.kind is Kind.SCHEDULED else limits.MEMBERS
        return limits.refusal(self.config, ceilings, members)


def name_in(config: object) -> str:
    """Return the name that a bot's config gives it; empty when it gives none."""
    name = config.get("name") if isinstance(config, Mapping) else None
    return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class Birth:
    """What differs between two incarnations of one bot: kept as labels, left out of the fingerprint."""

    incarnation: int = 1
    """Counts containers of this bot, from 1; handed to the bot as `BOT_INCARNATION`."""
    short_lives: int = 0
    """Lives in a row, up to now, that ended before the healthy time."""
    previous_end: str = ""
    """Why the previous incarnation ended, one line; handed to the bot as `BOT_PREVIOUS_END`."""
    reason: str = ""
    """Why this incarnation was started, one line."""
