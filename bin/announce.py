"""Says what the runtime is about to do: plain lines for people, log events where the log is JSON.

So a machine that reads standard output never meets a line that is no JSON.
"""

from dataclasses import dataclass
from typing import Any, TextIO

import click
import structlog

from the0_actors.bin.logging_setup import is_pretty
from the0_actors.supervisors.settings import Mode, Only, Part, Settings
from the0_actors.supervisors.settings_reader import masked

_log = structlog.get_logger("the0_actors")


@dataclass(frozen=True, slots=True)
class Announcer:
    """One way of telling, for one run."""

    pretty: bool
    stream: TextIO

    def say(self, event: str, line: str, **fields: Any) -> None:
        """Tell one thing: `line` to people, `event` with `fields` to machines."""
        if self.pretty:
            click.echo(line, file=self.stream)
        else:
            _log.info(event, text=line, **fields)

    def warn(self, event: str, line: str, **fields: Any) -> None:
        """Tell one thing that someone should act on."""
        if self.pretty:
            click.secho(f"warning: {line}", fg="yellow", file=self.stream)
        else:
            _log.warning(event, text=line, **fields)


def announcer(settings: Settings, stream: TextIO) -> Announcer:
    """Return the announcer that goes with the log's form."""
    return Announcer(is_pretty(settings.logging, stream), stream)


def announce_settings(tell: Announcer, settings: Settings) -> None:
    """Tell the settings in force, what is embedded, and what was ignored."""
    rows = masked(settings)
    if tell.pretty:
        for name, value, source in rows:
            tell.say("setting", f"  {name:<22} {value}  ({source})")
    else:
        _log.info("settings", **{name.lstrip("-").replace("-", "_").lower(): value for name, value, _ in rows})
    parts = sorted(settings.embedded.parts)
    if parts:
        line = f"embedded: {', '.join(parts)} under {settings.embedded.data_dir}"
        tell.say("embedded", f"{line} (give --mongo-uri to use your own)", parts=parts)
    if settings.runtime.mode is Mode.PROCESS:
        tell.warn("no_isolation", "mode process: bots run as plain child processes, without any isolation")
    if settings.runtime.only is not Only.REALTIME and not (settings.nats.url or Part.NATS in settings.embedded.parts):
        tell.warn("no_nats", "no NATS: changed schedules are seen at the next check only")
    if settings.ignored:
        names = ", ".join(settings.ignored)
        tell.warn("settings_without_effect", f"set, but without effect here: {names}", names=list(settings.ignored))
