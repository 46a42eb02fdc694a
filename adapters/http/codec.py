"""What is served, to JSON and back: a `RuntimeStatus`, and the records of a schedule.

Both sides of the wire use this one module.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.ports.status import (
    ActorStatus,
    BotStatus,
    PartStatus,
    Phase,
    Renewal,
    RuntimeStatus,
    Transition,
)

COMMAND_HEADER = "X-The0-Actors"
"""Stands in every request that commands: a page in somebody's browser cannot send it."""


Mask = Callable[[str], str]
"""Hides secrets in a text."""


def encode_status(status: RuntimeStatus, mask: Mask = str) -> bytes:
    """Return the JSON document, UTF-8, ending in a newline."""
    return _json(asdict(status), mask)


def encode_bot(bot: BotStatus, mask: Mask = str) -> bytes:
    """Return the JSON document of one bot."""
    return _json(asdict(bot), mask)


def decode_status(document: bytes) -> RuntimeStatus:
    """Return the status; unknown members are left out. Raises `ValueError` when it is no status document."""
    try:
        content = json.loads(document)
        made: dict[str, Any] = {
            **_known(RuntimeStatus, content),
            "parts": tuple(PartStatus(**_known(PartStatus, part)) for part in content["parts"]),
            "bots": tuple(_bot(bot) for bot in content["bots"]),
            "tree": tuple(ActorStatus(**_known(ActorStatus, actor)) for actor in content["tree"]),
            "alarms": tuple(content["alarms"]),
            "held": tuple(content["held"]),
            "renewals": tuple(Renewal(**_known(Renewal, one)) for one in content.get("renewals", ())),
            "strangers": tuple(content.get("strangers", ())),
        }
        return RuntimeStatus(**made)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a status document: {error}") from error


def encode_ids(bots: Iterable[str]) -> bytes:
    """Return the JSON document of bots' ids: a sorted list."""
    return _json(sorted(bots), str)


def decode_ids(document: bytes) -> frozenset[str]:
    """Return the ids. Raises `ValueError` when it is no such document."""
    content = json.loads(document)
    if not isinstance(content, list) or not all(isinstance(item, str) for item in content):
        raise ValueError("not a list of ids")
    return frozenset(content)


def encode_runs(records: Sequence[RunRecord], mask: Mask = str) -> bytes:
    """Return the JSON document of a schedule's records: a list."""
    return _json([asdict(record) for record in records], mask)


def decode_runs(document: bytes) -> tuple[RunRecord, ...]:
    """Return the records. Raises `ValueError` when it is no such document."""
    try:
        items: list[dict[str, Any]] = json.loads(document)
        return tuple(_run(item) for item in items)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a document of runs: {error}") from error


def _run(content: Mapping[str, Any]) -> RunRecord:
    made: dict[str, Any] = {**_known(RunRecord, content), "outcome": Outcome(content["outcome"])}
    return RunRecord(**made)


def _bot(content: Mapping[str, Any]) -> BotStatus:
    steps = tuple(
        Transition(step["at"], Phase(step["phase"]), step["reason"], step["warns"]) for step in content["transitions"]
    )
    made: dict[str, Any] = {**_known(BotStatus, content), "phase": Phase(content["phase"]), "transitions": steps}
    return BotStatus(**made)


def _known(kind: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in kind.__dataclass_fields__}


def _json(document: object, mask: Mask) -> bytes:
    text = _text(document)
    if mask(text) != text:  # which is hardly ever so: going through each value costs more than the whole
        text = _text(_masked(document, mask))
    return text.encode() + b"\n"


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _masked(document: Any, mask: Mask) -> Any:
    """Return a document with secrets hidden in its texts, never in its names and in words of ours."""
    if isinstance(document, dict):
        return {name: _masked(value, mask) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_masked(value, mask) for value in document]
    return mask(document) if type(document) is str else document
