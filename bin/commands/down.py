"""`down`: stops what was left running after the runtime ended, and with `--purge` removes what it kept."""

from typing import Any

import click

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.errors import InvalidSetting
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.store import DesiredState
from the0_actors.bin.command import The0Command, fail
from the0_actors.bin.ended_runs import EndedRuns
from the0_actors.bin.environment import Environment, environment
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.place import Place
from the0_actors.bin.settings_flags import CONNECT, connected, settings_flags, settings_of
from the0_actors.bin.strangers import installation_id, stop_strangers
from the0_actors.bin.teardown import Patience, stop_all
from the0_actors.bin.whose import others
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Only, Settings

Stores = tuple[DesiredState, ...]
_LEFT_ALONE = {Only.REALTIME: Kind.SCHEDULED, Only.SCHEDULED: Kind.REALTIME}


@click.command(
    "down",
    cls=The0Command,
    examples="""
the0-actors down
the0-actors down --purge --yes
the0-actors down --installation 0123456789ab          what another installation left on this engine
""",
)
@settings_flags(*CONNECT, "runtime")
@click.option(
    "--installation",
    metavar="ID",
    callback=installation_id,
    help="Stop the containers of this installation, which need not be ours; its desired state is not asked.",
)
@click.option("--purge", is_flag=True, help="Also remove code and state volumes, and the embedded servers' data.")
@click.option("--yes", is_flag=True, help="Do not ask before --purge.")
@click.pass_context
def down(ctx: click.Context, /, *, installation: str | None, purge: bool, yes: bool, **given: Any) -> None:
    """Stop every bot of this installation that was left running; with --only, those of one kind.

    The desired state is not changed: the next `run` starts them again. Refused while a runtime of that kind is active.
    """
    settings = settings_of(ctx, given, "run")
    if purge and settings.runtime.only is not Only.BOTH:
        raise InvalidSetting("--only", settings.runtime.only, "both with --purge, which leaves nothing")
    if purge and installation is not None:
        raise InvalidSetting("--installation", installation, "it without --purge, which is about our own")
    if purge and not yes:
        click.confirm("Remove the state of every bot of this installation, for good?", abort=True)
    around = environment(ctx)
    wiring = around.wiring()
    with connected(wiring, settings, start=True) as live:
        stuck = _stop(wiring, live, around, installation, purge=purge)
    if stuck:
        fail(f"could not stop {', '.join(stuck)}; ask again, or look with the engine's own tools", ExitCode.FAILURE)
    if purge:
        wiring.remove_embedded(settings)
        click.echo("removed volumes and embedded data")


def _stop(wiring: Wiring, live: Settings, around: Environment, named: str | None, *, purge: bool) -> tuple[str, ...]:
    bots, schedules = wiring.open_store(live), wiring.open_schedules(live)
    installation = bots.peek()
    if named is not None and (installation is None or installation.id != named):
        return stop_strangers(wiring.open_engine(live, named), named, _patience(live, around))
    if installation is None:
        click.echo("no runtime was ever active here; nothing to stop")
        _name_strangers(wiring.open_engine(live, ""), "")
        return ()
    engine = wiring.open_engine(live, installation.id)
    if installation.engine not in {"", engine.identify()}:
        fail("the bots of this installation run on another engine; give it with --docker-host", ExitCode.USAGE)
    kinds: dict[Kind, DesiredState] = {Kind.REALTIME: bots, Kind.SCHEDULED: schedules}
    if (left_alone := _LEFT_ALONE.get(live.runtime.only)) is not None:
        del kinds[left_alone]
    stores = tuple(kinds.values())
    place = Place((wiring.open_lock(live, installation.id, kind), store) for kind, store in kinds.items())
    try:
        place.await_it(around)
        all_ours = (container for container in engine.list() if container.installation == installation.id)
        ours = [container for container in all_ours if container.kind in kinds]
        ids = {container.bot_id for container in ours}
        patience = _holding(place, _patience(live, around))
        runs = EndedRuns(engine, schedules, click.echo)
        stuck = stop_all(engine, ours, patience, click.echo, runs.record)
        click.echo(f"{len(ids) - len(stuck)} of {len(ids)} stopped")
        _name_strangers(engine, installation.id)
        if purge and not stuck:
            _purge(engine, stores, ids)
    finally:
        place.give_back()
    return stuck


def _patience(live: Settings, around: Environment) -> Patience:
    return Patience(around.monotonic, around.pause, live.docker.stop_grace)


def _name_strangers(engine: Engine, ours: str) -> None:
    for line in others(engine.everyone(), ours):
        click.echo(f"left alone: {line}")


def _holding(place: Place, patience: Patience) -> Patience:
    """Hold the place for as long as the waiting takes."""

    def pause(seconds: float) -> None:
        place.take()
        patience.pause(seconds)

    return Patience(patience.clock, pause, patience.grace, patience.after_kill)


def _purge(engine: Engine, stores: Stores, ids: set[str]) -> None:
    known = {bot_id for store in stores for bot_id in (*store.list().digests, *store.buried(0.0))}
    for bot_id in sorted(ids | known):
        engine.purge(bot_id)
    engine.sweep_code(frozenset())
    engine.disband()
