"""What a runtime would refuse to run, found before anything is uploaded: by the very code that would refuse it."""

import json
from pathlib import Path

from the0_actors.actors.code.archive import DEFAULT_LIMITS, open_package
from the0_actors.actors.domain.documents import parse_bot
from the0_actors.actors.domain.launch import Kind
from the0_actors.adapters.launch.plan import check_launch


def check_event(payload: bytes, kind: Kind) -> None:
    """Raise `MalformedDocument` or `Unlaunchable` for a bot that would be quarantined, or parked at its start."""
    check_launch(parse_bot(json.loads(payload), kind).spec)


def check_archive(archive: Path) -> None:
    """Raise `Unlaunchable` for an archive that would park its bot."""
    with open_package(archive, DEFAULT_LIMITS):
        pass
