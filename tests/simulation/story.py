"""A life as data: how it began and what was done to it. The same story is the same life, turn for turn.

A failing life adds the one command that lives it again to its error.
"""

import base64
import json
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Self

COMMAND = "PYTHONPATH=lib:. python -m tests.simulation replay"


@dataclass
class Story:
    """`kind`: one of `kinds.KINDS`; `actions`: names of its actions, each with its arguments."""

    seed: int
    running: bool = True
    left_over: list[str] = field(default_factory=list[str])
    auto: bool = False
    kind: str = "bots"
    actions: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def text(self) -> str:
        """Return it as one word."""
        return base64.urlsafe_b64encode(zlib.compress(json.dumps(asdict(self)).encode(), 9)).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `text` told. Raises `ValueError` for a word that is no story."""
        try:
            told: dict[str, Any] = json.loads(zlib.decompress(base64.urlsafe_b64decode(text)))
        except (ValueError, zlib.error) as error:
            raise ValueError(f"not a story: {error}") from error
        actions = [(name, arguments) for name, arguments in told.pop("actions")]
        return cls(**told, actions=actions)

    @contextmanager
    def telling(self) -> Generator[None]:
        """Have whatever fails inside say how to see it fail again."""
        try:
            yield
        except Exception as error:
            note = f"replay: {COMMAND} {self.text()}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            raise
