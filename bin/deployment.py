"""A folder becomes a bot, as if the platform's API had been asked: the work of `deploy` and `undeploy`.

Never writes the desired state: that is the runtime's, which hears the event. Ids of instances come from their names,
so that a second deploy finds the first; an id that was deleted is never used again, so each undeploy ends one life
and the next deploy begins another.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
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
from the0_actors.actors.domain.schedules import ScheduleAnswer, Scheduled
from the0_actors.actors.errors import InvalidSetting, MalformedDocument, Unlaunchable
from the0_actors.actors.ports.objects import CodeObjects
from the0_actors.actors.ports.publisher import EventPublisher
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.store import BotStore
from the0_actors.bin.bot_folder import INSTANCE, BotFolder
from the0_actors.bin.command import fail
from the0_actors.bin.environment import Environment
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.packing import next_version, pack
from the0_actors.bin.refusals import check_archive, check_event
from the0_actors.supervisors.settings import Settings

USER = "local"
"""First part of the object keys: the platform has its users there."""
Store = BotStore | ScheduleStore
Answer = DocumentAnswer | ScheduleAnswer
_TAKEN_WITHIN = 5.0
_LOOK_EVERY = 0.1
_LIVES = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """What a deploy did."""

    bot_id: str
    version: str
    key: str
    """Object key of the archive."""
    what: str
    """What the archive holds, in words."""
    kept: bool
    """A stream keeps the event for a runtime that starts later."""
    replaced: tuple[str, ...]
    """Members of the instance's own config that stand for something else now, one sentence each."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The parts that a deploy needs."""

    around: Environment
    stores: Mapping[Kind, Store]
    objects: CodeObjects
    publisher: EventPublisher

    def deploy(self, folder: Path, told: BotFolder, name: str) -> None:
        """Upload the folder under a free version, publish, and say what became of it."""
        sent = self.send(folder, told, name)
        for sentence in sent.replaced:
            click.echo(f"replaced: {sentence}")
        click.echo(f"uploaded {sent.what}, as {sent.key}")
        click.echo(f"deployed {name} {sent.version} as bot {sent.bot_id}")
        kind = told.custom.kind
        self._confirm(sent.bot_id, kind, lambda seen: _may_come_from(sent.key, seen), kept=sent.kept)
        if self.stores[kind].read(sent.bot_id) == Deleted(buried=True):
            fail(f"{name} was undeployed at the same time; deploy again", ExitCode.FAILURE)

    def send(self, folder: Path, told: BotFolder, name: str) -> Sent:
        """Upload the folder under a free version and publish; wait for nobody."""
        kind = told.custom.kind
        bot_id, answer = self._instance(name, kind)
        if isinstance(answer, Deleted) and (other := self._kind_of(name)) is not None:
            fail(f"{name} is a {other} bot here; undeploy it first, or give another --name", ExitCode.USAGE)
        version = self._free_version(told, answer)
        custom = replace(told.custom, version=version)
        key = code_key(USER, custom.name, version)
        known = not isinstance(answer, Deleted) or version != told.custom.version
        config = instance_config(custom, {**told.config, "name": name}, instance_id(f"custom/{USER}/{custom.name}"))
        payload = saved_payload(bot_id, config, custom, key, self._moment())
        what = self._upload(folder, key, payload, kind)
        kept = self.publisher.publish(subject(kind, Action.UPDATED if known else Action.CREATED), payload)
        return Sent(bot_id, version, key, what, kept, tuple(_replaced(told.config, config)))

    def is_new(self, name: str) -> bool:
        """Tell whether no instance of that name was ever deployed here."""
        first = next(_ids(name))
        return all(self._opened(kind).read(first) == Deleted() for kind in self.stores)

    def undeploy(self, name: str) -> None:
        """Publish the deletion and say what became of it."""
        kind = self._kind_of(name)
        if kind is None:
            fail(f"no bot {name!r} was deployed here", ExitCode.NOT_FOUND)
        bot_id, _ = self._instance(name, kind)
        kept = self.publisher.publish(subject(kind, Action.DELETED), deleted_payload(bot_id, {"name": name}))
        click.echo(f"undeployed {name} (bot {bot_id})")
        self._confirm(bot_id, kind, lambda seen: isinstance(seen, Deleted), kept=kept)

    def _opened(self, kind: Kind) -> Store:
        store = self.stores[kind]
        store.peek()  # so that a database without a runtime so far can be read too
        return store

    def _kind_of(self, name: str) -> Kind | None:
        """Return as what a bot of that name is deployed."""
        return next((kind for kind in self.stores if not isinstance(self._instance(name, kind)[1], Deleted)), None)

    def _instance(self, name: str, kind: Kind) -> tuple[str, Answer]:
        """Return the present life of an instance."""
        store = self._opened(kind)
        for bot_id in _ids(name):
            answer = store.read(bot_id)
            if answer != Deleted(buried=True):
                return bot_id, answer
        raise InvalidSetting("name", name, f"a name that was not undeployed {_LIVES} times")

    def _free_version(self, told: BotFolder, answer: Answer) -> str:
        """Return the version to deploy: never one whose archive is there, since bots may run from it."""
        deployed = answer.spec.code_version if isinstance(answer, Wanted | Scheduled) else None
        version = next_version(told.custom.version, deployed)
        while self.objects.stat(code_key(USER, told.custom.name, version)) is not None:
            version = next_version(version, version)
        return version

    def _upload(self, folder: Path, key: str, payload: bytes, kind: Kind) -> str:
        """Upload the folder, if a runtime would run it; return what was uploaded, in words."""
        with tempfile.TemporaryDirectory() as place:
            archive = Path(place) / "code.zip"
            packed = pack(folder, archive)
            try:
                check_event(payload, kind)
                check_archive(archive)
            except (MalformedDocument, Unlaunchable) as error:
                fail(f"no runtime would run it: {error}", ExitCode.USAGE)
            self.objects.put(key, archive)
        files = "1 file" if len(packed.files) == 1 else f"{len(packed.files)} files"
        return f"{files}, {packed.size} bytes"

    def _moment(self) -> str:
        now = datetime.fromtimestamp(self.around.now(), UTC)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _confirm(self, bot_id: str, kind: Kind, done: Callable[[Answer], bool], *, kept: bool) -> None:
        """Wait some seconds until the desired state shows the event; warn when it does not."""
        deadline = self.around.monotonic() + _TAKEN_WITHIN
        while not done(self.stores[kind].read(bot_id)):
            if self.around.monotonic() >= deadline:
                later = "the stream keeps it for one that starts" if kept else "start one and ask again"
                click.secho(f"warning: no runtime has taken it yet; {later}", fg="yellow", err=True)
                return
            self.around.pause(_LOOK_EVERY)


def deployment_on(around: Environment, live: Settings) -> Deployment:
    """Return a deployment with the parts that connected settings name."""
    wiring = around.wiring()
    stores: dict[Kind, Store] = {Kind.REALTIME: wiring.open_store(live), Kind.SCHEDULED: wiring.open_schedules(live)}
    return Deployment(around, stores, wiring.open_objects(live), wiring.open_publisher(live))


def _may_come_from(key: str, answer: Answer) -> bool:
    """Tell whether an answer may be what a deploy of `key` led to, be it that it came too late."""
    if isinstance(answer, Wanted | Scheduled):
        return answer.spec.code_key == key
    return answer != Deleted()


def _replaced(own: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    for member in ("type", "version", "customBotId"):
        if member in own and own[member] != config[member]:
            yield f"{member} in {INSTANCE}: {own[member]!r} becomes {config[member]!r}"


def _ids(name: str) -> Iterator[str]:
    return (instance_id(f"instance/{USER}/{name}/{life}") for life in range(_LIVES))
