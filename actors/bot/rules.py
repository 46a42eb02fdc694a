"""What a bot's decisions depend on besides its state: settings, and two pure functions of the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from the0_actors.actors.bot.state import Retry
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.restart_policy import RestartPolicy


class TakeOver(Enum):
    """What to do about a container of the Go runtime that runs a bot of ours."""

    STOP = "stop"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of a step, and a draw of chance for it."""

    monotonic: float
    wall: float
    chance: float
    """In [0, 1)."""
    followed: bool = True
    """The engine's events are followed, and a listing was made since: what nobody told of is not there."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one runtime, the same for all its bots."""

    fingerprint: Callable[[LaunchSpec, str], str]
    """`Engine.fingerprint`."""
    installation: str = ""
    """What stands on the containers that are made."""
    policy: RestartPolicy = RestartPolicy()
    stop_grace: float = 30.0
    """Seconds between TERM and KILL when the bot's config says nothing."""
    kill_again: float = 10.0
    """Seconds after a KILL that was not seen to work until the next."""
    retry_base: float = 1.0
    """Seconds, bound of the wait after the first failed call."""
    retry_cap: float = 60.0
    take_over: TakeOver = TakeOver.STOP

    def retry(self, before: Retry, now: Now, reason: str) -> Retry:
        """Return the next try after one more failure: exponential, with full jitter and a floor of a tenth."""
        return next_retry(before, now, reason, self.retry_base, self.retry_cap)


def next_retry(before: Retry, now: Now, reason: str, base: float, cap: float) -> Retry:
    """Return the next try after one more failure; `base` and `cap` bound the wait, in seconds."""
    failures = before.failures + 1
    bound = min(cap, base * 2.0 ** min(failures - 1, 32))
    return Retry(failures, now.monotonic + bound * (0.1 + 0.9 * now.chance), reason)
