"""`schedule explain`: a cron expression in words, and when it is due next. P22."""

import click

from the0_actors.actors.errors import InvalidSchedule
from the0_actors.actors.schedule.explain import explain as explained
from the0_actors.actors.schedule.timetable import DEFAULT_ZONE, read_timetable
from the0_actors.bin.command import The0Command, fail
from the0_actors.bin.environment import environment
from the0_actors.bin.exit_codes import ExitCode


@click.command(
    "schedule",
    cls=The0Command,
    examples="""
the0-actors schedule explain "*/15 9-17 * * 1-5"
the0-actors schedule explain "0 9 * * *" --tz Europe/Berlin
""",
)
@click.argument("what", type=click.Choice(["explain"]))
@click.argument("expression")
@click.option("--tz", default=DEFAULT_ZONE, show_default=True, help="Time zone where the expression names none.")
@click.pass_context
def schedule(ctx: click.Context, /, *, what: str, expression: str, tz: str) -> None:
    """Print when a cron EXPRESSION runs, in words, and the next five times.

    The dialect is the platform's: five fields, six with the second first, @daily and its like, @every 90s.
    """
    del what  # explaining is all that can be done with one
    try:
        timetable = read_timetable(expression, tz)
    except InvalidSchedule as error:
        fail(f"{expression!r}: {error}", ExitCode.USAGE)
    told = explained(timetable, environment(ctx).now())
    click.echo(f"{told.words}, {told.zone}")
    for run in told.runs:
        click.echo(f"  {run:%a %Y-%m-%d %H:%M:%S %z}")
    if told.warning:
        click.secho(f"note: {told.warning}", fg="yellow")
