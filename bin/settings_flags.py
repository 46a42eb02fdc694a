"""The flags of the settings model, as click options: one truth for help, documentation and reading."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import click

from the0_actors.bin.command import flags_of
from the0_actors.bin.masked import learn
from the0_actors.supervisors.options import Switch
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Settings
from the0_actors.supervisors.settings_doc import class_name, explanations, shown_default
from the0_actors.supervisors.settings_reader import Declared, declared, read_settings, secrets_given, secrets_of

RUN = (
    "mongo",
    "nats",
    "objects",
    "docker",
    "ceilings",
    "runtime",
    "identity",
    "schedules",
    "listen",
    "logging",
    "embedded",
)
CONNECT = ("mongo", "nats", "objects", "docker", "embedded")
"""Groups that reach the dependencies, without those of a running runtime."""


def settings_flags(*groups: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command with the flags of some groups; the values arrive as text, unchecked."""
    chosen = [item for item in declared() if item.option.flag and item.group in groups]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        texts = explanations()
        for item in reversed(chosen):
            command = click.option(item.option.flag, help=_help(item, texts), **_form(item))(command)
        return command

    return decorate


def settings_of(ctx: click.Context, given: dict[str, Any], command: str) -> Settings:
    """Return the settings of a command; upstream's flags may also stand before its name, as upstream allows."""
    outer = (
        {} if ctx.parent is None else {name: value for name, value in ctx.parent.params.items() if value is not None}
    )
    flags = flags_of(outer | {name: v for name, v in given.items() if v is not None})
    learn(secrets_given(flags, os.environ))
    return read_settings(flags, os.environ, command)


@contextmanager
def connected(wiring: Wiring, settings: Settings, *, start: bool) -> Generator[Settings, None, None]:
    """Give connected settings (see `Wiring`), whose secrets are known to the command's output from then on."""
    with wiring.connected(settings, start=start) as live:
        learn(secrets_of(live))
        yield live


def _form(item: Declared) -> dict[str, Any]:
    if isinstance(item.option.kind, Switch):
        return {"is_flag": True, "flag_value": "true", "default": None}
    return {"metavar": type(item.option.kind).__name__.upper()}


def _help(item: Declared, texts: dict[str, str]) -> str:
    text = texts[f"{class_name(item)}.{item.name}"]
    notes = [f"env: {', '.join(item.option.env)}"] if item.option.env else []
    default = shown_default(item)
    notes += [f"default: {default}"] if default else []
    return f"{text} [{'; '.join(notes)}]"
