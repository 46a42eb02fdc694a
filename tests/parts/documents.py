"""Documents and events as the platform makes them."""

from typing import Any

from the0_actors.actors.domain.events import Action, BotEvent, Position

STREAM = "THE0_EVENTS 2026-01-02T10:00:00Z"
BOT = "k3v9x0q2m1n4b7c8d5f6g1h2"


def custom(**changes: Any) -> dict[str, Any]:
    """Return the member `custom` of an event; changes apply to its `config`."""
    about = {
        "name": "sma",
        "description": "",
        "runtime": "python3.11",
        "version": "1.2.0",
        "author": "me",
        "type": "realtime",
        "entrypoints": {"bot": "main.py"},
        "schema": {"bot": {}},
        "readme": "…",
        "metadata": None,
        **changes,
    }
    stamp = "2026-01-02T10:00:00.000Z"
    return {
        "version": "1.2.0",
        "filePath": "user1/sma/1.2.0",
        "createdAt": stamp,
        "updatedAt": stamp,
        "config": about,
    }


def document(bot_id: str = BOT, **config: Any) -> dict[str, Any]:
    """Return a document of `bots` as it is stored."""
    return {"id": bot_id, "segment_id": 1, "config": {"name": "btc", "amount": 100.0, **config}, "custom": custom()}


def created(bot_id: str = BOT, **config: Any) -> BotEvent:
    """Return the event of a new bot."""
    return BotEvent(Action.CREATED, bot_id, {"name": "btc", **config}, custom())


def updated(bot_id: str = BOT, **config: Any) -> BotEvent:
    """Return the event of a changed bot."""
    return BotEvent(Action.UPDATED, bot_id, {"name": "btc", **config}, custom())


def deleted(bot_id: str = BOT) -> BotEvent:
    """Return the event of a bot that is gone: it has no `custom`."""
    return BotEvent(Action.DELETED, bot_id, {"name": "btc"}, None)


def at(sequence: int, stream: str = STREAM) -> Position:
    """Return a position in the platform's stream."""
    return Position(stream, sequence)
