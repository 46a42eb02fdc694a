"""What a bot's `config` asks of its host, read once for every engine, and the operator's ceilings over it. Pure.

A value that is not understood stops nobody: the default holds, and a remark says so wherever the bot is shown. A value
that is understood and cannot be granted (below what a container needs, above the operator's ceiling) is a refusal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from the0_actors.actors.domain.durations import format_duration, parse_duration
from the0_actors.actors.domain.quantities import cpu_millis, format_size, size_bytes, whole_number

LEAST_MEMORY: Final = 6 << 20
"""Bytes: what a container engine takes at least."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of `config` that asks for something."""

    name: str
    read: Callable[[object], float | None]
    show: Callable[[Any], str]
    example: str
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that an operator grants."""

    value: float
    setting: str
    """The flag that raises it."""
    origin: str = ""
    """Where the value comes from when no operator chose it."""


Ceilings = Mapping[str, Ceiling]
"""By member; a member that is not in it has none."""


def seconds(value: object) -> float | None:
    """Return a number of seconds, or the seconds of a Go duration; None for what is neither, and below zero."""
    if isinstance(value, str):
        try:
            found = float(value) if re.fullmatch(r"[0-9]+\.?[0-9]*", value) else parse_duration(value)
        except ValueError:
            return None
        return found if found >= 0 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value >= 0 else None


def _cpus(millis: float) -> str:
    return f"{millis / 1000:g}"


MEMORY: Final = Member("memory_limit", size_bytes, format_size, "512Mi or 1Gi", LEAST_MEMORY)
CPU: Final = Member("cpu_limit", cpu_millis, _cpus, "0.5 or 500m")
PIDS: Final = Member("pids_limit", whole_number, str, "512")
STATE: Final = Member("state_limit", size_bytes, format_size, "512Mi or 1Gi")
GRACE: Final = Member("stop_grace", seconds, format_duration, "60 or 60s")
TIMEOUT: Final = Member("timeout", seconds, format_duration, "600 or 10m")
"""Of scheduled bots alone: a realtime bot may mean something of its own by it."""

MEMBERS: Final = (MEMORY, CPU, PIDS, STATE, GRACE)


def asked(config: Mapping[str, Any], member: Member) -> Any:
    """Return what a config asks for; None where it asks for nothing, or for what is not understood."""
    return member.read(config.get(member.name))


def remark(config: Mapping[str, Any]) -> str:
    """Say in one line what of the limits is not understood, so that the defaults hold; empty when all is."""
    odd = [each for each in MEMBERS if config.get(each.name) not in (None, "") and asked(config, each) is None]
    return "; ".join(
        f"config.{each.name} {_shown(config[each.name])} is not understood, the default holds: write {each.example}"
        for each in odd
    )


def refusal(config: Mapping[str, Any], ceilings: Ceilings, members: tuple[Member, ...] = MEMBERS) -> str:
    """Say what of the limits cannot be granted, in one line; empty when all can."""
    for each in members:
        value = asked(config, each)
        if value is None:
            continue
        text = f"config.{each.name} {_shown(config[each.name])}"
        if value < each.least:
            least = each.show(each.least)
            return f"{text} means {each.show(value)}, and {least} is the least; {_meant(config[each.name])}"
        ceiling = ceilings.get(each.name)
        if ceiling is not None and value > ceiling.value:
            origin = f", {ceiling.origin}" if ceiling.origin else ""
            return f"{text} is above the ceiling of {each.show(ceiling.value)}{origin}; {ceiling.setting} raises it"
    return ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"  # noqa: PLR2004 - one line of a terminal


def _meant(value: object) -> str:
    """Guess what was meant by a size that is far too small: megabytes, without a unit or with a Docker habit."""
    found = re.fullmatch(r"([0-9]+)[mM]?", str(value))
    return f"write {found[1]}Mi" if found else "write 512Mi"
