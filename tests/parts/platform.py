"""The platform around a runtime: its code store, its events, its database. What its API and its operators would do."""

import json
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.parts.documents import custom
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.s3 import S3

from the0_actors.adapters.objects.s3 import S3Objects

STAYS = "echo up; exec sleep 100000\n"
"""A bot that goes on until it is told to end, at the least cost: see `tests.parts.docker.SHELL_IMAGE`."""


BUCKET = "custom-bots"


def environment(home: Path, docker: str, mongo: Mongo, nats: Nats, store: S3) -> dict[str, str]:
    """Return what a runtime in a process of its own is given to reach these parts, and nothing of ours beside."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DOCKER_HOST": docker,
        "MONGO_URI": mongo.uri,
        "NATS_URL": nats.url,
        "MINIO_ENDPOINT": store.settings.endpoint,
        "MINIO_ACCESS_KEY": store.settings.access_key,
        "MINIO_SECRET_KEY": store.settings.secret_key,
        "MINIO_CODE_BUCKET": BUCKET,
    }


@pytest.fixture(scope="session")
def code_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """One S3 server for all tests that do not harm it; each takes a bucket of its own."""
    server = S3(tmp_path_factory.mktemp("code-store"))
    server.start()
    yield server
    server.stop()


class Platform:
    """Uploads code and publishes events, for bots whose ids begin with a prefix."""

    def __init__(self, store: S3, bucket: str, nats: Nats | None, folder: Path) -> None:
        self.objects = S3Objects(replace(store.settings, bucket=bucket))
        self.objects.ensure_bucket()  # as the platform does
        self.nats = nats
        self._archive = folder / "code.zip"

    def upload(self, version: str, script: str = STAYS, files: Mapping[str, str] | None = None) -> None:
        """Store code under a version. Its content differs from that of every other version."""
        with zipfile.ZipFile(self._archive, "w") as archive:
            for name, content in (files or {"main.py": f"# {version}\n{script}"}).items():
                archive.writestr(name, content)
        self.objects.put(code_key(version), self._archive)

    def created(self, *bot_ids: str, version: str = "1.0.0", **config: Any) -> None:
        """Publish that bots are new."""
        self._publish("created", [event(bot_id, version, **config) for bot_id in bot_ids])

    def updated(self, *bot_ids: str, version: str = "1.0.0", **config: Any) -> None:
        """Publish that bots have changed."""
        self._publish("updated", [event(bot_id, version, **config) for bot_id in bot_ids])

    def deleted(self, *bot_ids: str) -> None:
        """Publish that bots are gone."""
        self._publish("deleted", [{"id": bot_id, "config": {}} for bot_id in bot_ids])

    def publish(self, *events: tuple[str, Mapping[str, Any]]) -> None:
        """Publish events (action, payload) in this order."""
        assert self.nats is not None
        self.nats.publish([(f"the0.bot.{action}", json.dumps(payload).encode()) for action, payload in events])

    def _publish(self, action: str, payloads: list[dict[str, Any]]) -> None:
        self.publish(*((action, payload) for payload in payloads))


def code_key(version: str) -> str:
    """Return where the code of a version lies."""
    return f"user1/sma/{version}"


def event(bot_id: str, version: str = "1.0.0", about: Mapping[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Return the payload of `created` and `updated`; `about` changes the description of the custom bot."""
    described = custom(**{"version": version, **(about or {})}) | {"version": version, "filePath": code_key(version)}
    return {"id": bot_id, "config": {"name": bot_id, **config}, "custom": described}
