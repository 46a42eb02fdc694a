"""What can never run, found out before anything is asked of the engine. Pure."""

from collections.abc import Mapping

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.errors import Unlaunchable
from the0_actors.adapters.launch.plan import launch_plan

STRING_LIMIT = 128 * 1024 - 1024
"""Bytes: the kernel takes no argument and no variable above 128 KiB (MAX_ARG_STRLEN), and some is left as margin."""


def check(spec: LaunchSpec, images: Mapping[str, str]) -> None:
    """Raise `Unlaunchable` with the reason, unless the spec can run."""
    if spec.runtime not in images:
        raise Unlaunchable(_unknown(spec.runtime, frozenset(images)))
    if not spec.entrypoint:
        raise Unlaunchable("there is no entry point: the custom bot's config has no entrypoints.bot")
    plan = launch_plan(spec, Birth())
    if spec.runtime not in plan.supported:
        raise Unlaunchable(_unknown(spec.runtime, plan.supported & frozenset(images)))
    for what, text in [*plan.env.items(), *(("the command", part) for part in plan.argv)]:
        if "\0" in text:
            raise Unlaunchable(f"{what} holds a zero byte, which no process can be given")
        size = len(what) + 1 + len(text.encode("utf-8", "surrogatepass"))
        if size > STRING_LIMIT:
            raise Unlaunchable(f"{what} is {size} bytes long; a process can be given {STRING_LIMIT}")


def _unknown(runtime: str, supported: frozenset[str]) -> str:
    return f"unknown runtime {runtime!r}; supported: {', '.join(sorted(supported))}"
