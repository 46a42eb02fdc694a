"""Calls on a container that the engine does not carry out: tried again at growing distances, and told.

Pure; bots and schedules share it. A look that succeeds says nothing about the next call, so these have a count of their
own. Another call than the one that failed is never held back: what ended meanwhile is removed at once.
"""

from typing import Protocol

from the0_actors.actors.bot.effects import Remove, Resume, Send
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import FINE, Refusal, Retry
from the0_actors.actors.errors import Gone


class RetryRules(Protocol):
    """How long to wait."""

    def retry(self, before: Retry, now: Now, reason: str) -> Retry:
        """Return the next try after one more failure."""
        ...


class Call(Protocol):
    """An engine call on a container."""

    @property
    def container_id(self) -> str:
        """The container."""
        ...


def answered(
    before: Refusal | None, call: Call, error: Exception | None, rules: RetryRules, now: Now
) -> Refusal | None:
    """Return what is refused after an answer to a call; `Gone` is an answer like any."""
    same = before is not None and before.call == call
    if error is None or isinstance(error, Gone):
        return None if same else before
    last = before.retry if before is not None and same else FINE
    return Refusal(call, call.container_id, rules.retry(last, now, f"cannot {_what(call)}: {error}"))


def held_back(refusal: Refusal | None, call: object, now: Now) -> bool:
    """Tell whether a call that is wanted must wait."""
    return refusal is not None and refusal.call == call and refusal.retry.at > now.monotonic


def about(refusal: Refusal | None, container_id: str) -> Refusal | None:
    """Return what is refused of a container, and nothing of one that is no longer dealt with."""
    return refusal if refusal is not None and refusal.container_id == container_id else None


def _what(call: object) -> str:
    match call:
        case Send(_, signal):
            return f"send {signal}"
        case Remove():
            return "remove the container"
        case Resume():
            return "resume the container"
        case _:
            return "read what the run left"
