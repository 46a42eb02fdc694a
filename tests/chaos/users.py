"""What the platform's users want meanwhile: bots come, change and go, by events that its stream has confirmed."""

import json
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass, field

from tests.chaos.checker import Checker
from tests.parts.nats import Nats
from tests.parts.platform import event


@dataclass
class Users:
    """Acts by chance, and knows what should run."""

    nats: Nats
    prefix: str
    chance: random.Random
    wanted: dict[str, str] = field(default_factory=dict[str, str])
    """The mark of the last edit of each bot that should run."""
    fewest: int = 5
    most: int = 9
    made: int = 0

    def fill(self) -> None:
        """Make the first bots."""
        while len(self.wanted) < self.fewest:
            self.create()

    def act(self) -> str:
        """Do something; return what."""
        if len(self.wanted) <= self.fewest:
            return self.create()
        if len(self.wanted) >= self.most:
            return self.delete()
        return self.chance.choice((self.create, self.edit, self.edit, self.edit, self.delete))()

    def create(self) -> str:
        self.made += 1
        return self._change("created", f"{self.prefix}{self.made}", "new")

    def edit(self) -> str:
        mark = f"edit-{self.chance.randrange(10**9)}"
        return self._change("updated", self.chance.choice(sorted(self.wanted)), mark)

    def delete(self) -> str:
        bot_id = self.chance.choice(sorted(self.wanted))
        self._tell("deleted", {"id": bot_id, "config": {}})
        del self.wanted[bot_id]
        return f"deleted {bot_id}"

    def crash(self, checker: Checker) -> str:
        """Kill one bot's program, as a bug of its own would."""
        alive = [processes[0] for bot_id, processes in sorted(checker.alive().items()) if bot_id in self.wanted]
        if not alive:
            return "crashed nobody"
        one = self.chance.choice(alive)
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
        return f"crashed {one.bot_id}"

    def _change(self, action: str, bot_id: str, mark: str) -> str:
        version = self.chance.choice(("1.0.0", "1.1.0"))
        self._tell(action, event(bot_id, version, mark=mark, stop_grace=2))
        self.wanted[bot_id] = mark
        return f"{action} {bot_id} {mark}"

    def _tell(self, action: str, payload: dict[str, object]) -> None:
        self.nats.store([(f"the0.bot.{action}", json.dumps(payload).encode())])
