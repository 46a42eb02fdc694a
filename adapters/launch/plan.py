"""How a bot is launched inside its container: command and environment.

It knows the container's layout (`/code/files` read-only, `/bot` writable) and nothing of engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from the0_actors.actors.domain.launch import Birth, LaunchSpec

SUPPORTED = frozenset({"python3.11"})

_LAUNCHER = 'ln -s /code/files/* /bot/ && cd /bot && exec python3 "$1"'


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """What the engine puts into the container's definition."""

    argv: tuple[str, ...]
    """The full command of the first process."""
    env: Mapping[str, str]
    """The environment that the desired state decides."""
    birth_env: Mapping[str, str]
    """The environment that differs by incarnation."""
    supported: frozenset[str]
    """The runtime ids that can be launched at all."""


def launch_plan(spec: LaunchSpec, birth: Birth) -> LaunchPlan:
    """Return command and environment of one incarnation. Pure."""
    return LaunchPlan(
        argv=("/bin/sh", "-c", _LAUNCHER, "launcher", spec.entrypoint),
        env={"BOT_ID": spec.bot_id, "BOT_CONFIG": spec.config_json, "BOT_TYPE": spec.kind},
        birth_env={"BOT_INCARNATION": str(birth.incarnation), "BOT_PREVIOUS_END": birth.previous_end},
        supported=SUPPORTED,
    )
