"""A real NATS server with JetStream, and what a platform does with it: make its stream, publish, delete the stream."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from tests.parts.processes import Server, free_port, program

SUBJECTS = [
    f"the0.{family}.{action}" for family in ("bot", "bot-schedule") for action in ("created", "updated", "deleted")
]


class Nats(Server):
    """A server and its data folder."""

    def __init__(self, folder: Path, *arguments: str, jetstream: bool = True, url: str = "") -> None:
        port = free_port()
        self._folder = folder
        stored = ["-js", "-sd", str(folder / "nats")] if jetstream else []
        command = [program("nats-server"), "-a", "127.0.0.1", "-p", str(port), *stored, *arguments]
        super().__init__(command, port, folder / "nats.log")
        self.url = url or f"nats://127.0.0.1:{port}"

    def copy_messages(self, copy: Path) -> None:
        """Keep what the stream holds now. The server must be down, so that all of it is on the disk."""
        shutil.copytree(self._messages, copy)

    def restore_messages(self, copy: Path) -> None:
        """Put an older copy in the place of what the stream holds. The server must be down."""
        messages = self._messages
        shutil.rmtree(messages)
        shutil.copytree(copy, messages)

    @property
    def _messages(self) -> Path:
        (found,) = self._folder.glob("nats/jetstream/*/streams/*/msgs")
        return found

    def run(self, work: Callable[[Client], Coroutine[Any, Any, None]], **options: Any) -> None:
        """Connect as the platform, do something, leave."""

        async def connected() -> None:
            client = Client()
            await client.connect(self.url, **options)
            await work(client)
            await client.flush()
            await client.close()

        asyncio.run(connected())

    def make_stream(self, name: str = "THE0_EVENTS") -> None:
        """Make the platform's stream."""

        async def work(client: Client) -> None:
            await client.jetstream().add_stream(name=name, subjects=SUBJECTS)

        self.run(work)

    def delete_stream(self, name: str = "THE0_EVENTS") -> None:
        """Delete it, and every consumer on it."""

        async def work(client: Client) -> None:
            await client.jetstream().delete_stream(name)

        self.run(work)

    def delete_consumer(self, consumer: str, stream: str = "THE0_EVENTS") -> None:
        """Delete one consumer."""

        async def work(client: Client) -> None:
            await client.jetstream().delete_consumer(stream, consumer)

        self.run(work)

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish without waiting for a stream's answer: it stores them if there is one."""

        async def work(client: Client) -> None:
            for number, (subject, payload) in enumerate(messages):
                await client.publish(subject, payload)
                if number % 1000 == 0:
                    await client.flush()

        self.run(work)

    def stored(self, stream: str = "THE0_EVENTS") -> int:
        """Return how many messages the stream holds."""
        counts: list[int] = []

        async def work(client: Client) -> None:
            counts.append((await client.jetstream().stream_info(stream)).state.messages)

        self.run(work)
        return counts[0]

    def unacknowledged(self, consumer: str, stream: str = "THE0_EVENTS") -> int:
        """Return how many messages a consumer has that it did not acknowledge."""
        counts: list[int] = []

        async def work(client: Client) -> None:
            counts.append((await client.jetstream().consumer_info(stream, consumer)).num_ack_pending or 0)

        self.run(work)
        return counts[0]

    def store(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish, and wait until the stream has said of each that it is stored."""

        async def work(client: Client) -> None:
            for subject, payload in messages:
                await client.jetstream().publish(subject, payload)

        self.run(work)


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    """A running server without a stream."""
    server = Nats(tmp_path)
    server.start()
    yield server
    server.stop()
