"""`run` and `bot-runner`: the runtime in the foreground, or with `--dry-run` what it would do."""

import sys
from collections.abc import Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any

import click

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.ports.memory import Memory
from the0_actors.actors.ports.store import DesiredState
from the0_actors.bin.announce import Announcer, announce_settings, announcer
from the0_actors.bin.command import The0Command, UpstreamCommand
from the0_actors.bin.environment import environment
from the0_actors.bin.examples import deploy_examples, wanted
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.lifecycle import Inbox, run_service, signals_into
from the0_actors.bin.logging_setup import configure_logging
from the0_actors.bin.masked import masker
from the0_actors.bin.plan import Step, make_plan, summary
from the0_actors.bin.schedule_plan import Clock, plan_schedules
from the0_actors.bin.settings_flags import RUN, connected, settings_flags, settings_of
from the0_actors.bin.whose import Whose, whose
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Only, Settings
from the0_actors.supervisors.settings_reader import SCHEDULER, UPSTREAM

_DRY_RUN = click.option(
    "--dry-run",
    is_flag=True,
    help="Print what would be adopted, replaced, started and stopped, and what is due; do nothing.",
)


@click.command(
    "run",
    cls=The0Command,
    examples="""
the0-actors run                                       everything embedded, on this machine
the0-actors run --mode process                        without Docker, for a first look
MINIO_ENDPOINT=s3:9000 MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… \\
  the0-actors run --mongo-uri mongodb://db:27017 --nats-url nats://nats:4222
the0-actors run --mongo-uri mongodb://db:27017 --dry-run
""",
)
@settings_flags(*RUN)
@_DRY_RUN
@click.option("--no-examples", is_flag=True, help="Do not deploy the example bots into a new data folder.")
@click.pass_context
def run(ctx: click.Context, /, *, dry_run: bool, no_examples: bool, **given: Any) -> None:
    """Keep the desired bots running, in the foreground.

    Without --mongo-uri and MONGO_URI it brings along MongoDB, NATS and S3 servers, with their data under --data-dir,
    and deploys the example bots at the first start.
    The first Ctrl-C ends in order and shows how it goes, the second leaves at once.
    """
    _run(ctx, settings_of(ctx, given, "run"), dry_run=dry_run, examples=not no_examples)


@click.command(
    UPSTREAM,
    cls=UpstreamCommand,
    examples="the0-actors bot-runner --mongo-uri mongodb://db:27017 --reconcile-interval 30s",
)
@settings_flags(*RUN)
@_DRY_RUN
@click.pass_context
def bot_runner(ctx: click.Context, /, *, dry_run: bool, **given: Any) -> None:
    """Keep the desired bots running, under the name, flags, variables and defaults of the0's own runtime.

    Health on all interfaces, port 8080. MINIO_ENDPOINT, MINIO_ACCESS_KEY and MINIO_SECRET_KEY are required.
    """
    _run(ctx, settings_of(ctx, given, UPSTREAM), dry_run=dry_run)


@click.command(
    SCHEDULER,
    cls=UpstreamCommand,
    examples="the0-actors bot-scheduler --mongo-uri mongodb://db:27017 --nats-url nats://nats:4222",
)
@settings_flags(*RUN)
@_DRY_RUN
@click.pass_context
def bot_scheduler(ctx: click.Context, /, *, dry_run: bool, **given: Any) -> None:
    """Run scheduled bots when they are due, under the name, flags, variables and defaults of the0's own scheduler.

    Health on all interfaces, port 8080. NATS_URL, MINIO_ENDPOINT, MINIO_ACCESS_KEY and MINIO_SECRET_KEY are required.
    """
    _run(ctx, settings_of(ctx, given, SCHEDULER), dry_run=dry_run)


def _run(ctx: click.Context, settings: Settings, *, dry_run: bool, examples: bool = False) -> None:
    around = environment(ctx)
    if dry_run:
        announce_settings(Announcer(pretty=True, stream=sys.stderr), settings)
        _dry_run(around.wiring(), settings, around.now())
        return
    configure_logging(settings.logging, sys.stdout, colour=ctx.color is not False)
    tell = announcer(settings, sys.stdout)
    announce_settings(tell, settings)
    inbox: Inbox = SimpleQueue()
    once_up = partial(deploy_examples, around, settings, tell) if examples and wanted(settings) else None
    with signals_into(inbox):
        code = run_service(around.wiring().serve(settings, masker()), settings.runtime.on_exit, tell, inbox, once_up)
    if code is not ExitCode.OK:
        sys.stdout.flush()
        around.leave(ctx.command.exit_code(code) if isinstance(ctx.command, The0Command) else code)


def _dry_run(wiring: Wiring, settings: Settings, now: float) -> None:
    with connected(wiring, settings, start=False) as live:
        bots = wiring.open_store(live)
        bots.peek()
        found = _whose(wiring, live)
        if found.holds:
            for reason in found.holds:
                click.echo(f"hold     {reason}")
            click.echo("a start would wait for a word of yours; nothing was done")
            return
        engine = wiring.open_engine(live, found.installation)
        containers, only = engine.list(), settings.runtime.only
        steps: list[Step] = []
        if only is not Only.SCHEDULED:
            wanted = {bot_id: bots.read(bot_id) for bot_id in bots.list().digests}
            steps += make_plan(wanted, _of(Kind.REALTIME, containers), engine.fingerprint, settings.runtime.take_over)
        if only is not Only.REALTIME:
            schedules = wiring.open_schedules(live)
            schedules.peek()
            due = {bot_id: schedules.read(bot_id) for bot_id in schedules.list().digests}
            clock = Clock(now, settings.schedules.late_window)
            steps += plan_schedules(due, _of(Kind.SCHEDULED, containers), clock)
        for step in steps:
            click.echo(f"{step.deed:<8} {step.bot_id}  {step.reason}")
        for line in found.strangers:
            click.echo(f"strangers: {line}")
        click.echo(f"{summary(steps)}; nothing was done")


def _whose(wiring: Wiring, live: Settings) -> Whose:
    stores: dict[Kind, tuple[DesiredState, Memory]] = {}
    if live.runtime.only is not Only.SCHEDULED:
        stores[Kind.REALTIME] = wiring.open_store(live), wiring.open_memory(live, Kind.REALTIME)
    if live.runtime.only is not Only.REALTIME:
        stores[Kind.SCHEDULED] = wiring.open_schedules(live), wiring.open_memory(live, Kind.SCHEDULED)
    return whose(stores, wiring.open_engine(live, ""), live.identity.word)


def _of(kind: Kind, containers: Sequence[Observed]) -> tuple[Observed, ...]:
    return tuple(container for container in containers if container.kind is kind)
