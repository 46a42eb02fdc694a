"""What is started for a bot: command and environment. The same in every engine.

Pure, but for the launcher's and the wrappers' texts, which are read once from the files beside this module.
Where the folders lie is the engine's matter: in a container they have the names that bots expect.

The platform's older names `ID` and `CONFIG` are left out: no bot kit reads them, and a configuration that
stands in the environment twice halves what fits. No variable carries a credential of the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from types import MappingProxyType

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.errors import Unlaunchable

VARIABLE_LIMIT = 128 * 1024
"""Bytes that Linux lets one argument or variable have, its name and its closing NUL included."""

PREVIOUS_END_LIMIT = 1000
"""Characters of `BOT_PREVIOUS_END` that reach the bot."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things lie for the bot: absolute paths. The defaults are those of a container."""

    code: str = "/code/files"
    """The bot's own files, whole; only read."""
    bot: str = "/bot"
    """Filled from `code` at each start; the bot's working directory, writable."""
    state: str = "/state/.the0-state"
    """Kept across incarnations."""
    tmp: str = "/tmp"  # noqa: S108 - in a container it is the bot's own tmpfs
    result: str = "/state/.the0-result"
    """Where a scheduled run hands its result out: emptied at its start, and there when its container has ended."""


CONTAINER = Folders()


@dataclass(frozen=True, slots=True)
class Runtime:
    """How one runtime starts a bot."""

    command: tuple[str, ...] = ()
    """The interpreter, which is given the wrapper; empty when the entry point is a program itself."""
    wrapper: str = ""
    """File beside this module, or the empty string."""


RUNTIMES: Mapping[str, Runtime] = MappingProxyType(
    {
        "python3.11": Runtime(("python3",), "python_bot.py"),
        "nodejs20": Runtime(("node",), "node_bot.js"),
    }
)

SUPPORTED = frozenset(RUNTIMES)
"""Runtime ids that can be started."""


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """What an engine starts."""

    argv: tuple[str, ...]
    """The whole command: a shell with the launcher as its text."""
    env: Mapping[str, str]
    """What the desired state decides: part of the fingerprint."""
    birth_env: Mapping[str, str]
    """What differs by incarnation: no part of it."""


def launch_plan(spec: LaunchSpec, birth: Birth, folders: Folders = CONTAINER) -> LaunchPlan:
    """Return what to start for `spec`. Raises `Unlaunchable` as `check_launch` does."""
    _check_spec(spec)
    plan = LaunchPlan(_argv(spec, folders), MappingProxyType(_env(spec, folders)), birth_env(birth))
    _check_sizes(plan.env)
    return plan


def check_launch(spec: LaunchSpec) -> None:
    """Raise `Unlaunchable` for what no engine can ever start.

    That is an unknown runtime, an entry point that is missing or leaves the bot's folder, a value that does
    not fit into an environment.
    """
    launch_plan(spec, Birth())


def birth_env(birth: Birth) -> Mapping[str, str]:
    """Return the variables that tell a bot which incarnation it is."""
    end = birth.previous_end.replace("\0", " ").encode("utf-8", "replace").decode()
    return MappingProxyType(
        {
            "BOT_INCARNATION": str(birth.incarnation),
            "BOT_PREVIOUS_END": end[:PREVIOUS_END_LIMIT],
        }
    )


def _check_spec(spec: LaunchSpec) -> None:
    if spec.runtime not in SUPPORTED:
        raise Unlaunchable(f"runtime {spec.runtime!r} is not one of {', '.join(sorted(SUPPORTED))}")
    if not spec.entrypoint:
        raise Unlaunchable("the custom bot names no entry point")
    path = PurePosixPath(spec.entrypoint)
    if path.is_absolute() or ".." in path.parts or not spec.entrypoint.isprintable():
        raise Unlaunchable(f"entry point {spec.entrypoint!r} does not stay inside the bot's folder")


def _check_sizes(env: Mapping[str, str]) -> None:
    for name, value in env.items():
        try:
            size = len(name) + len(value.encode()) + 2
        except UnicodeEncodeError:
            raise Unlaunchable(f"{name} is no valid text") from None
        if "\0" in value:
            raise Unlaunchable(f"{name} has a NUL in it")
        if size > VARIABLE_LIMIT:
            raise Unlaunchable(f"{name} takes {size} bytes; one variable holds at most {VARIABLE_LIMIT}")


def _argv(spec: LaunchSpec, folders: Folders) -> tuple[str, ...]:
    runtime = RUNTIMES[spec.runtime]
    wrapper = _text(runtime.wrapper) if runtime.wrapper else ""
    command = runtime.command or (f"{folders.bot}/{PurePosixPath(spec.entrypoint)}",)
    return ("/bin/sh", "-c", launcher(), "the0-launcher", wrapper, runtime.wrapper, *command)


def _env(spec: LaunchSpec, folders: Folders) -> dict[str, str]:
    env = {
        "BOT_ID": spec.bot_id,
        "BOT_CONFIG": spec.config_json,
        "BOT_TYPE": spec.kind.value,
        "IS_SCHEDULED": "true" if spec.kind is Kind.SCHEDULED else "false",
        "RUNTIME": spec.runtime,
        "ENTRYPOINT": spec.entrypoint,
        "ENTRYPOINT_TYPE": "bot",
        "SCRIPT_PATH": spec.entrypoint,
        "CODE_MOUNT_DIR": folders.bot.removeprefix("/"),
        "STATE_DIR": folders.state,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": folders.tmp,
        "TMPDIR": folders.tmp,
        "THE0_CODE": folders.code,
    }
    if spec.kind is Kind.SCHEDULED:
        env["THE0_RESULT"] = folders.result
    return env


def launcher() -> str:
    """Return the launcher's text."""
    return _text("launcher.sh")


@cache
def _text(name: str) -> str:
    return files("the0_actors.adapters.launch").joinpath(name).read_text("utf-8")
