"""`deploy` and `undeploy`: a folder becomes a bot, as if the platform's API had been asked."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from the0_actors.actors.domain.answers import Deleted, DocumentAnswer, Wanted
from the0_actors.actors.domain.events import Action
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.platform_event import (
    code_key,
    deleted_payload,
    instance_config,
    instance_id,
    saved_payload,
    subject,
)
from the0_actors.actors.errors import InvalidSetting
from the0_actors.actors.ports.objects import CodeObjects
from the0_actors.actors.ports.publisher import EventPublisher
from the0_actors.actors.ports.store import BotStore
from the0_actors.bin.bot_folder import BotFolder, read_folder
from the0_actors.bin.command import The0Command, fail
from the0_actors.bin.environment import Environment, environment
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.packing import files_of, next_version, pack
from the0_actors.bin.settings_flags import CONNECT, settings_flags, settings_of
from the0_actors.supervisors.settings import Part, Settings

USER = "local"
"""First part of the object keys: the platform has its users there."""
_TAKEN_WITHIN = 5.0
_LOOK_EVERY = 0.1
_LIVES = 1000


@click.command(
    "deploy",
    cls=The0Command,
    examples="""
the0-actors deploy ./my-bot
the0-actors deploy ./my-bot --name my-bot-2
""",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="Name of the bot instance; by default the name in config.json, else the bot's.")
@settings_flags(*CONNECT)
@click.pass_context
def deploy(ctx: click.Context, /, folder: Path, name: str | None, **given: Any) -> None:
    """Pack FOLDER, upload it and tell the runtime. Again is a new version of the same bot.

    Read from FOLDER: bot-config.yaml (the platform's description of a bot), config.json (the instance's settings),
    .the0ignore. What the description leaves out is guessed, and said.
    """
    settings = _publishing(settings_of(ctx, given, "run"))
    files = files_of(folder)
    told = read_folder(folder, files)
    for guess in told.guessed:
        click.echo(f"guessed: {guess}")
    around = environment(ctx)
    wiring = around.wiring()
    with wiring.connected(settings, start=False) as live:
        chosen = name or str(told.config.get("name") or told.custom.name)
        _Deploy(around, wiring.open_store(live), wiring.open_objects(live), wiring.open_publisher(live)).run(
            folder, told, chosen
        )


@click.command("undeploy", cls=The0Command, examples="the0-actors undeploy my-bot")
@click.argument("name")
@click.option(
    "--type",
    "word",
    type=click.Choice([str(kind) for kind in Kind]),
    default=str(Kind.REALTIME),
    show_default=True,
    help="As in the bot's description.",
)
@settings_flags(*CONNECT)
@click.pass_context
def undeploy(ctx: click.Context, /, name: str, word: str, **given: Any) -> None:
    """Delete the bot instance NAME that `deploy` made. Its code stays in the store."""
    settings = _publishing(settings_of(ctx, given, "run"))
    wiring, kind = environment(ctx).wiring(), Kind(word)
    with wiring.connected(settings, start=False) as live:
        bot_id, answer = _instance(wiring.open_store(live), name)
        if isinstance(answer, Deleted) and kind is Kind.REALTIME:
            fail(f"no bot {name!r} was deployed here", ExitCode.NOT_FOUND)
        payload = deleted_payload(bot_id, {"name": name})
        wiring.open_publisher(live).publish(subject(kind, Action.DELETED), payload)
    click.echo(f"undeployed {name} (bot {bot_id})")


def _publishing(settings: Settings) -> Settings:
    if not settings.nats.url and Part.NATS not in settings.embedded.parts:
        raise InvalidSetting("--nats-url", "", "an address: bots are deployed by an event over NATS")
    return settings


@dataclass(frozen=True, slots=True)
class _Deploy:
    around: Environment
    store: BotStore
    objects: CodeObjects
    publisher: EventPublisher

    def run(self, folder: Path, told: BotFolder, name: str) -> None:
        bot_id, answer = _instance(self.store, name)
        version = _free_version(self.objects, told, answer)
        custom = replace(told.custom, version=version)
        key = code_key(USER, custom.name, version)
        self._upload(folder, key)
        known = not isinstance(answer, Deleted) or version != told.custom.version
        config = instance_config(custom, {**told.config, "name": name}, instance_id(f"custom/{USER}/{custom.name}"))
        payload = saved_payload(bot_id, config, custom, key, self._moment())
        kept = self.publisher.publish(subject(custom.kind, Action.UPDATED if known else Action.CREATED), payload)
        click.echo(f"deployed {name} {version} as bot {bot_id}")
        if custom.kind is Kind.REALTIME and not self._taken(bot_id, key):
            later = "the stream keeps it for one that starts" if kept else "start one and deploy again"
            click.secho(f"warning: no runtime has taken it yet; {later}", fg="yellow", err=True)

    def _upload(self, folder: Path, key: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            archive = Path(place) / "code.zip"
            packed = pack(folder, archive)
            self.objects.put(key, archive)
        files = "1 file" if len(packed.files) == 1 else f"{len(packed.files)} files"
        click.echo(f"uploaded {files}, {packed.size} bytes, as {key}")

    def _moment(self) -> str:
        now = datetime.fromtimestamp(self.around.now(), UTC)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _taken(self, bot_id: str, key: str) -> bool:
        """Tell whether the desired state shows the deploy, within some seconds."""
        deadline = self.around.monotonic() + _TAKEN_WITHIN
        while not _shows(self.store.read(bot_id), key):
            if self.around.monotonic() >= deadline:
                return False
            self.around.pause(_LOOK_EVERY)
        return True


def _shows(answer: DocumentAnswer, key: str) -> bool:
    """Tell whether an answer may come from the deploy of `key`."""
    return answer.spec.code_key == key if isinstance(answer, Wanted) else not isinstance(answer, Deleted)


def _instance(store: BotStore, name: str) -> tuple[str, DocumentAnswer]:
    """Return the present life of an instance. Ids are never used again, so each `undeploy` ends one life."""
    store.peek()  # so that a database without a runtime so far can be read too
    for bot_id in _ids(name):
        answer = store.read(bot_id)
        if not (isinstance(answer, Deleted) and answer.buried):
            return bot_id, answer
    raise InvalidSetting("name", name, f"a name that was not undeployed {_LIVES} times")


def _ids(name: str) -> Iterator[str]:
    return (instance_id(f"instance/{USER}/{name}/{life}") for life in range(_LIVES))


def _free_version(objects: CodeObjects, told: BotFolder, answer: DocumentAnswer) -> str:
    """Return the version to deploy: never one whose archive is there, since bots may run from it."""
    deployed = answer.spec.code_version if isinstance(answer, Wanted) else None
    version = next_version(told.custom.version, deployed)
    while objects.stat(code_key(USER, told.custom.name, version)) is not None:
        version = next_version(version, version)
    return version
