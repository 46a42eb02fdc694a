"""Publishing of bot events, for `deploy` and for the embedded default, which plays the platform API's part.

The runtime itself only listens; nothing of it calls this.
"""

from nats.aio.client import Client
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from the0_actors.actors.domain.events import Action
from the0_actors.actors.domain.wire import SUBJECTS
from the0_actors.adapters.nats.connect import once, settle
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.adapters.nats.streams import Stream, find

STREAM = "THE0_EVENTS"
"""Name of the API's stream."""

KEPT = 7 * 24 * 3600.0
"""Seconds that it keeps an event."""

SCHEDULE_SUBJECTS = tuple(f"the0.bot-schedule.{action}" for action in Action)


def publish(settings: NatsSettings, subject: str, payload: bytes) -> bool:
    """Publish one event; return whether a stream stored it (otherwise only who listens now has heard it).

    Blocks. Raises `Unavailable`, `Refused`.
    """
    stored = False

    async def work(client: Client) -> None:
        nonlocal stored
        js = client.jetstream(timeout=settings.request_timeout)
        if isinstance(await find(js), Stream):
            await js.publish(subject, payload)
            stored = True
        else:
            await client.publish(subject, payload)
            await settle(client)

    once(settings, work)
    return stored


def ping(settings: NatsSettings) -> None:
    """Raise `Unavailable` unless the server answers with these credentials. Blocks."""

    async def work(client: Client) -> None:
        await settle(client)

    once(settings, work)


def ensure_stream(settings: NatsSettings) -> None:
    """Make the stream as the API does, when there is none that carries the bot events. For our own server alone.

    Blocks. Raises `Unavailable`, `Refused`.
    """

    async def work(client: Client) -> None:
        js = client.jetstream(timeout=settings.request_timeout)
        if isinstance(await find(js), Stream):
            return
        await js.add_stream(
            StreamConfig(
                name=STREAM,
                subjects=[*SUBJECTS, *SCHEDULE_SUBJECTS],
                retention=RetentionPolicy.LIMITS,
                storage=StorageType.FILE,
                max_age=KEPT,
            )
        )

    once(settings, work)
