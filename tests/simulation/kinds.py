"""The kinds of life: what each does, and how a story becomes one."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.simulation import life, schedule_life
from tests.simulation.living import Choices, Living
from tests.simulation.story import Story

TIME: Final = ("wait", "wait", "wait")
"""Time passes more often than anything else happens."""


@dataclass(frozen=True)
class Kind:
    """One kind of life."""

    live: Callable[[Story], Living[Any]]
    actions: Choices
    left_over: tuple[str, ...]
    """Bots of which the Go runtime may have left a container."""
    sabotage: Choices

    @property
    def names(self) -> tuple[str, ...]:
        """Return what is chosen from."""
        return (*self.actions, *TIME)


KINDS: Final[Mapping[str, Kind]] = {
    "bots": Kind(life.Life, life.ACTIONS, life.BOTS, life.SABOTAGE),
    "schedules": Kind(schedule_life.ScheduleLife, schedule_life.ACTIONS, schedule_life.BOTS, {}),
}


def live(story: Story) -> Living[Any]:
    """Live a story to its end. Raises `AssertionError` where something does not hold."""
    kind = KINDS[story.kind]
    lived, every = kind.live(story), {**kind.actions, **kind.sabotage}
    for name, told in story.actions:
        # Texts become the members of enumerations that they were.
        lived.act(name, **{key: next(v for v in every[name][key] if v == value) for key, value in told.items()})
    lived.end()
    return lived


def chosen(name: str, seed: int, actions: int) -> Story:
    """Return the story of a kind that a seed chooses."""
    kind, chance = KINDS[name], random.Random(seed)
    left_over = [bot for bot in kind.left_over if chance.random() < 0.2]
    story = Story(chance.randrange(2**32), chance.random() < 0.5, left_over, chance.random() < 0.5, name)
    for _ in range(actions):
        action = chance.choice(kind.names)
        story.actions.append((action, {key: chance.choice(values) for key, values in kind.actions[action].items()}))
    return story
