"""Stops by hand: an operator's command is written to the database first, so that it outlives us; then the bot hears."""

from functools import partial
from typing import Any

from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command
from the0_actors.actors.ports.store import DesiredState

REASON = "stopped by hand"


class Holds:
    """Where a stop by hand is kept. Used by one actor, who gets `Completed` when a write has ended."""

    def __init__(self, store: DesiredState, lane: Lane, deadline: float = 15.0) -> None:
        self._store = store
        self._lane = lane
        self._deadline = deadline
        self.failure = ""
        """Why the last command could not be written."""

    def write(self, message: OperatorCommand, reply_to: Handle) -> bool:
        """Begin to write what the command asks for; False when there is nothing to write."""
        bot_id = message.bot_id
        match message.command:
            case Command.STOP:
                call = partial(self._store.hold, bot_id, REASON)
            case Command.RESUME:
                call = partial(self._store.unhold, bot_id)
            case Command.RESTART:
                return False
        self._lane.submit(bot_id, call, reply_to, message, self._deadline)
        return True

    def written(self, done: Completed) -> OperatorCommand | None:
        """Take the answer; return the command when it stands in the database now."""
        message: Any = done.token
        if done.overdue:
            return None
        if done.error is not None:
            self.failure = f"{message.command} of {message.bot_id} failed: {done.error}"
            return None
        self.failure = ""
        command: OperatorCommand = message
        return command
