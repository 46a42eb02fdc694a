"""A backlog of the platform's events over real NATS and a real database: a deletion behind it does not wait for it."""

import json
import signal
from typing import Any

import pytest
from pymongo import monitoring
from tests.parts.documents import custom
from tests.parts.mongo import Databases, Mongo
from tests.parts.nats import Nats
from tests.parts.services import Service
from tests.parts.waiting import until

from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.domain.stored import document_for
from the0_actors.actors.ports.status import Phase

pytestmark = [pytest.mark.mongo, pytest.mark.nats, pytest.mark.timeout(300)]

UPDATES = 600


class Writes(monitoring.CommandListener):
    """What a client wrote about which bots' positions, call by call, while it listens."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.positions: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        name, command = event.command_name, event.command
        self.calls.append((name, str(command.get(name))))
        if name == "update" and command[name] == "the0_actors_positions":
            asked = (one["q"].get("_id") for one in command.get("updates", ()))
            self.positions += [bot_id for bot_id in asked if isinstance(bot_id, str)]

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Of no interest."""


def document(name: str, number: int) -> dict[str, Any]:
    return document_for(BotEvent(Action.CREATED, name, {"amount": 1.0}, custom()), 1 + number // 100)


@pytest.mark.parametrize("bots", [UPDATES, 20])
def test_a_deletion_behind_many_updates_is_written_before_most_of_them_in_few_calls(
    own_mongo: Mongo, nats: Nats, bots: int
) -> None:
    """They pile up while the database is halted."""
    nats.make_stream()
    databases, writes = Databases(own_mongo), Writes()
    monitoring.register(writes)  # for clients that are made from now on
    names = [f"bot{n:03}" for n in range(bots)]
    databases.database["bots"].insert_many([document(name, n) for n, name in enumerate([*names, "gone"])])
    try:
        with Service(nats.url, databases.store()).runtime as runtime:
            until(lambda: len(runtime.holding({Phase.RUNNING})) == bots + 1, "all run", 60)
            one = {"config": {"amount": 1.0}, "custom": custom()}
            updates = [json.dumps({"id": names[n % bots], **one}).encode() for n in range(UPDATES)]
            sent = [("the0.bot.updated", update) for update in updates]
            consumer = f"the0-actors-{runtime.status().installation}"
            own_mongo.signal(signal.SIGSTOP)
            writes.calls.clear()
            nats.publish([*sent, ("the0.bot.deleted", b'{"id": "gone"}')])
            until(lambda: nats.unacknowledged(consumer) == UPDATES + 1, "all are pulled")
            own_mongo.signal(signal.SIGCONT)
            until(lambda: nats.unacknowledged(consumer) == 0, "all are acknowledged", 120)
            until(lambda: " wait" not in runtime.parts()[-1].note, "nothing waits")
        assert set(writes.positions) == {*names, "gone"}
        assert writes.positions.index("gone") < UPDATES / 3
        assert list(databases.database["bots"].find({"id": "gone"})) == []
        about_positions = [name for name, collection in writes.calls if collection == "the0_actors_positions"]
        assert len(about_positions) < UPDATES / 6, "in bulk"
    finally:
        own_mongo.signal(signal.SIGCONT)
        databases.close()
