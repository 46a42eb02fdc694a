"""`validate`: checks the settings and asks every dependency, one line each."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from the0_actors.actors.errors import The0ActorsError
from the0_actors.bin.announce import Announcer, announce_settings
from the0_actors.bin.command import The0Command
from the0_actors.bin.environment import environment
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.settings_flags import RUN, settings_flags, settings_of
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Part, Settings

Check = tuple[str, Callable[[], str]]
"""A dependency's name, and a call that returns a note or raises."""


@click.command("validate", cls=The0Command, examples="the0-actors validate --mongo-uri mongodb://db:27017")
@settings_flags(*RUN)
@click.pass_context
def validate(ctx: click.Context, /, **given: Any) -> None:
    """Check every setting and ask every dependency, as `run` would.

    Nothing is started or installed: of what `run` would bring along it says so.
    """
    settings = settings_of(ctx, given, "run")
    announce_settings(Announcer(pretty=True, stream=sys.stdout), settings)
    good = [_report(name, check) for name, check in _checks(environment(ctx).wiring(), settings)]
    ctx.exit(ExitCode.OK if all(good) else ExitCode.UNREACHABLE)


def _checks(wiring: Wiring, settings: Settings) -> Iterator[Check]:
    asks: dict[Part, Callable[[], None]] = {
        Part.MONGODB: lambda: wiring.open_store(settings).ping(),
        Part.NATS: lambda: wiring.open_publisher(settings).ping(),
        Part.OBJECTS: lambda: wiring.open_objects(settings).ping(),
    }
    if embedded := sorted(settings.embedded.parts):
        yield f"embedded ({', '.join(embedded)})", lambda: wiring.foreseen_servers(settings)
    for part, ask in asks.items():
        if part is Part.NATS and not settings.nats.url and part not in embedded:
            yield part, lambda: "not given: changes are seen at the next poll only"
        elif part not in embedded:
            yield part, _answers(ask)
    yield settings.runtime.mode, lambda: wiring.foreseen_engine(settings)


def _answers(ask: Callable[[], None]) -> Callable[[], str]:
    def check() -> str:
        ask()
        return "answers"

    return check


def _report(name: str, check: Callable[[], str]) -> bool:
    try:
        note = check()
    except The0ActorsError as error:
        click.echo(f"{click.style('FAIL', fg='red')}  {name}: {error}")
        return False
    click.echo(f"{click.style('ok', fg='green')}    {name}: {note}")
    return True
