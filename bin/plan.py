"""What a start would do with realtime bots, from one look at both sides: the answer of `run --dry-run`. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Held, Malformed, Wanted
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.schedules import ScheduleAnswer
from the0_actors.supervisors.settings import TakeOver


class Deed(StrEnum):
    """What would be done with one bot."""

    ADOPT = "adopt"
    REPLACE = "replace"
    START = "start"
    STOP = "stop"
    LEAVE = "leave"
    WAIT = "wait"
    """A schedule that is not due."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bot's line of the plan."""

    bot_id: str
    deed: Deed
    reason: str


def make_plan(
    wanted: Mapping[str, DocumentAnswer],
    containers: Sequence[Observed],
    fingerprint: Callable[[LaunchSpec, str], str],
    take_over: TakeOver,
) -> tuple[Step, ...]:
    """Return one step for each bot that is wanted or has a container, by id.

    `fingerprint` as `Engine.fingerprint`; the code behind a key is taken to be what the container has. A container
    of the Go runtime whose bot is not in the desired state is nobody's business here.
    """
    having: dict[str, list[Observed]] = {}
    for container in containers:
        having.setdefault(container.bot_id, []).append(container)
    ids = sorted({*having, *wanted})
    look = _Look(fingerprint, take_over)
    steps = (look.step(bot_id, wanted.get(bot_id, Deleted()), having.get(bot_id, [])) for bot_id in ids)
    return tuple(step for step in steps if step is not None)


def summary(steps: Sequence[Step]) -> str:
    """Return the counts as one line."""
    counts = Counter(step.deed for step in steps)
    return ", ".join(f"{counts[deed]} to {deed}" for deed in Deed if counts[deed]) or "nothing to do"


@dataclass(frozen=True, slots=True)
class _Look:
    fingerprint: Callable[[LaunchSpec, str], str]
    take_over: TakeOver

    def step(self, bot_id: str, answer: DocumentAnswer, containers: list[Observed]) -> Step | None:
        ours = [container for container in containers if container.installation is not None]
        match answer:
            case Wanted(spec) if len(ours) < len(containers):
                return Step(bot_id, *self._predecessor(spec))
            case Wanted(spec):
                return Step(bot_id, *self._wanted(spec, ours))
            case Malformed(reason):
                return Step(bot_id, Deed.LEAVE, f"its document cannot be understood: {reason}")
            case Disabled() | Held() if containers:
                return Step(bot_id, Deed.STOP, why_stop(answer))
            case Deleted() if ours:
                return Step(bot_id, Deed.STOP, why_stop(answer))
            case _:
                return None

    def _predecessor(self, spec: LaunchSpec) -> tuple[Deed, str]:
        if self.take_over is TakeOver.WAIT:
            return Deed.LEAVE, "runs in a container of the Go runtime, until that ends"
        return Deed.REPLACE, f"runs in a container of the Go runtime (version {spec.code_version} is wanted)"

    def _wanted(self, spec: LaunchSpec, ours: list[Observed]) -> tuple[Deed, str]:
        running = next((each for each in ours if each.status is Status.RUNNING), None)
        if running is None:
            return Deed.START, "its container does not run" if ours else "has no container"
        if running.fingerprint != self.fingerprint(spec, running.code_hash):
            return Deed.REPLACE, f"settings or code differ from what runs (version {spec.code_version} is wanted)"
        return Deed.ADOPT, f"runs as wanted (version {spec.code_version})"


def why_stop(answer: DocumentAnswer | ScheduleAnswer) -> str:
    """Say why nothing is to run."""
    match answer:
        case Held(reason):
            return f"held by hand: {reason}"
        case Disabled():
            return "disabled"
        case _:
            return "not in the desired state"
