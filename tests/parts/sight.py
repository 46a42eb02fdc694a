"""What a Docker Engine shows of the bots of one test: its containers now, and everything that happened to them."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import docker
from docker.errors import APIError
from tests.parts.docker import clean

from the0_actors.adapters.docker.connection import ClientSettings

_MANAGED = "runtime.managed=true"
_OWNER = "the0-actors.installation"


@dataclass(frozen=True)
class Container:
    """One container, as a listing tells it."""

    id: str
    bot_id: str
    name: str
    state: str
    labels: dict[str, str]

    @property
    def incarnation(self) -> int:
        return int(self.labels.get("the0-actors.incarnation", "0"))

    @property
    def reason(self) -> str:
        """Why it was started, as its label says."""
        return self.labels.get("the0-actors.reason", "")


@dataclass(frozen=True)
class Happened:
    """One event of the engine about a bot's container."""

    at: float
    """The engine's clock, Unix seconds."""
    bot_id: str
    container_id: str
    action: str
    reason: str = ""
    """Why the container was made, as its label says."""


class Sight:
    """Sees the containers of bots whose ids begin with `prefix`. As a context it records events meanwhile."""

    def __init__(self, settings: ClientSettings, prefix: str) -> None:
        self.client = docker.APIClient(timeout=60, **settings.arguments())
        self._prefix = prefix
        self._happened: list[Happened] = []
        self._stream: Any = None
        self._thread = threading.Thread(target=self._record, daemon=True)

    def __enter__(self) -> Self:
        self._stream = self.client.events(filters={"type": "container", "label": _MANAGED}, decode=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._thread.join(10)
        self.client.close()

    # now

    def containers(self, *states: str) -> list[Container]:
        """Return the containers in these states, or in any."""
        found = [_container(item) for item in self.client.containers(all=True, filters={"label": _MANAGED})]
        return [one for one in found if one.bot_id.startswith(self._prefix) and (not states or one.state in states)]

    def states(self) -> set[str]:
        """Return whose state is kept."""
        volumes = self.client.volumes(filters={"label": "the0-actors.role=state"})["Volumes"] or []
        owners = {volume["Labels"]["the0-actors.bot-id"] for volume in volumes}
        return {bot_id for bot_id in owners if bot_id.startswith(self._prefix)}

    def running(self) -> dict[str, Container]:
        """Return the one running container of each bot. Fails when a bot has two."""
        found = self.containers("running")
        by_bot = {container.bot_id: container for container in found}
        assert len(by_bot) == len(found), f"a bot runs twice: {found}"
        return by_bot

    def environment(self, container: Container) -> dict[str, str]:
        """Return the variables that a bot was given."""
        given = self.client.inspect_container(container.id)["Config"]["Env"]
        return dict(entry.split("=", 1) for entry in given)

    # what happened

    def events(self, *actions: str, bot_id: str = "") -> list[Happened]:
        """Return what happened so far, in order."""
        return [one for one in tuple(self._happened) if (not actions or one.action in actions)
                and (not bot_id or one.bot_id == bot_id)]  # fmt: skip

    def count(self, *actions: str, bot_id: str = "") -> int:
        """Return how often that happened."""
        return len(self.events(*actions, bot_id=bot_id))

    def doubled(self) -> list[Happened]:
        """Return the starts of containers whose bot had another one that ran."""
        alive: dict[str, set[str]] = defaultdict(set)
        found: list[Happened] = []
        for one in sorted(self.events("start", "die"), key=lambda happened: happened.at):
            if one.action == "die":
                alive[one.bot_id].discard(one.container_id)
                continue
            alive[one.bot_id].add(one.container_id)
            if len(alive[one.bot_id]) > 1:
                found.append(one)
        return found

    def most_at_once(self, first: str, last: str) -> int:
        """Return how many containers were between two kinds of events at one time, each container counted once."""
        open_: set[str] = set()
        seen: set[str] = set()
        most = 0
        for one in self.events(first, last):
            if one.action == first and one.container_id not in seen:
                open_.add(one.container_id)
                seen.add(one.container_id)
            elif one.action == last:
                open_.discard(one.container_id)
            most = max(most, len(open_))
        return most

    # by hand

    def remove_all(self) -> None:
        """Remove every container of these bots, whoever made it, and all else that their installations have."""
        found = self.containers()
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(self._remove, found):
                pass
        for owner in {container.labels[_OWNER] for container in found if _OWNER in container.labels}:
            clean(self.client, owner)

    def _remove(self, container: Container) -> None:
        with suppress(APIError):
            self.client.remove_container(container.id, force=True, v=True)

    def _record(self) -> None:
        for document in self._documents():
            actor = document["Actor"]
            labels, at = actor["Attributes"], document["timeNano"] / 1e9
            bot_id, reason = labels.get("runtime.id", ""), labels.get("the0-actors.reason", "")
            if bot_id.startswith(self._prefix):
                action = document["Action"].partition(":")[0]
                self._happened.append(Happened(at, bot_id, actor["ID"], action, reason))

    def _documents(self) -> Iterator[Any]:
        with suppress(OSError, ValueError, AttributeError):
            yield from self._stream


def _container(item: Any) -> Container:
    labels = item["Labels"]
    return Container(item["Id"], labels.get("runtime.id", ""), item["Names"][0][1:], item["State"], labels)
