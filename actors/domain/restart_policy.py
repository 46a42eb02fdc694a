"""When a container that ended is started again: a pure decision with the sentence an operator reads.

It decides about users' code; supervisors decide about ours. It never gives up: an outage at an exchange must not park a
fleet. Exponential backoff with full jitter up to a cap, and a healthy life starts the count anew.
"""

from dataclasses import dataclass

from the0_actors.actors.domain.observed import Exit

KILLED_BY_SIGNAL = 128
"""Exit codes above this are 128 + the signal's number."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The numbers."""

    base: float = 1.0
    """Seconds, bound of the wait after the first short life."""
    cap: float = 300.0
    """Seconds, bound of every wait."""
    healthy_after: float = 60.0
    """Seconds of life after which an end counts as the first again."""
    loop_after: int = 5
    """Short lives in a row from which on a bot is shown as crash-looping."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an end."""

    delay: float
    """Seconds from the end to the next start."""
    short_lives: int
    """The count for the next incarnation's labels."""
    reason: str
    """What happened and what follows, in one line."""


def decide(policy: RestartPolicy, short_lives: int, exit_: Exit, lived: float, chance: float) -> Decision:
    """Decide on an end.

    `short_lives` is the count before this life, `lived` its length in seconds, `chance` a number in [0, 1) that places
    the wait within its bound.
    """
    count = 1 if lived >= policy.healthy_after else short_lives + 1
    bound = min(policy.cap, policy.base * 2.0 ** min(count - 1, 32))
    return Decision(
        delay=bound * chance,
        short_lives=count,
        reason=f"{_why(exit_)} after {lived:.1f} s",
    )


def _why(exit_: Exit) -> str:
    """Say why one that is to run for ever does not: to end in order is as much an end as any."""
    in_order = exit_.code == 0 and not exit_.oom and not exit_.error
    return "its program ended by itself (exit code 0)" if in_order else describe(exit_)


def describe(exit_: Exit) -> str:
    """Say how a container ended, in words."""
    if exit_.oom:
        return f"out of memory (exit code {exit_.code})"
    if exit_.error:
        return f"could not run: {exit_.error}"
    if exit_.code > KILLED_BY_SIGNAL:
        return f"killed by signal {exit_.code - KILLED_BY_SIGNAL} (exit code {exit_.code})"
    return f"exit code {exit_.code}"
