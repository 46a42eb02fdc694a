"""A life: a world, one runtime that is ours, and what may happen to both, whatever kind of bots they keep.

What a kind of bots adds (users' actions, what must hold) is `life` and `schedule_life`; the list of all actions with
their choices is theirs too.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic

from tests.simulation.ground import AnyTree, Ground, Incarnation
from tests.simulation.story import Story

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.kernel.lanes import Completed
from the0_actors.adapters.testing.engine_world import FakeContainer

Choices = Mapping[str, Mapping[str, Sequence[Any]]]
"""Names of actions, and what each of their arguments may be."""


class _Broken:
    """What cannot be told as a text."""

    def __str__(self) -> str:
        raise RuntimeError("broken on purpose")


NOTHING: Final[Any] = None
BROKEN: Final = Completed(_Broken(), NOTHING, None, 0.0, overdue=True)
"""On which a source fails."""
MOST_RUNTIMES: Final = 6


class Living(Generic[AnyTree]):
    """A world, one runtime that is ours, and everything that may happen to both."""

    on_purpose: re.Pattern[str]
    """Failures of our actors that actions bring about."""

    def __init__(self, story: Story, world: Ground[AnyTree]) -> None:
        """Only the story's beginning is taken; each `act` is added to it."""
        self.story = Story(story.seed, story.running, story.left_over, story.auto, story.kind)
        self.ground = world
        self.runtime: Incarnation[AnyTree] | None = None
        foreign = FakeContainer("f1", "somebody-else", "bot0", "foreign", Status.RUNNING, None, "", "", Birth())
        world.engine.containers["f1"] = foreign
        world.install()
        self.lost: Mapping[str, Any] | None = None
        """What the database held when it was emptied, until it is restored."""

    def begin(self) -> None:
        """Start, if the story says so."""
        if self.story.running:
            with self.story.telling():
                self.start()
                self.wait(60.0)

    def act(self, name: str, **arguments: Any) -> None:
        """Do one of the actions, and look whether all still holds."""
        self.story.actions.append((name, arguments))
        with self.story.telling():
            getattr(self, name)(**arguments)
            self.check()

    # containers

    def ours(self, bot: str) -> list[FakeContainer]:
        """Return a bot's containers that are not somebody else's."""
        return [container for container in self.ground.engine.of(bot) if container.installation != "foreign"]

    def die(self, bot: str, code: int) -> None:
        for container in self.ours(bot):
            if container.status is Status.RUNNING:
                self.ground.engine.die(container, code)

    def remove_by_hand(self, bot: str) -> None:
        for container in self.ours(bot):
            self.ground.engine.remove(container)

    def pause_by_hand(self, bot: str) -> None:
        for container in self.ours(bot):
            if container.status is Status.RUNNING:
                self.ground.engine.pause(container)

    def rename_by_hand(self, bot: str) -> None:
        self.ground.rename(bot)

    def second_by_hand(self, bot: str) -> None:
        self.ground.second(bot)

    def turn_deaf(self, bot: str) -> None:
        for container in self.ground.engine.of(bot):
            container.heeds_term = False

    # faults

    def engine_faults(self, share: float) -> None:
        self.ground.script.fault_share = share

    def store_faults(self, share: float) -> None:
        self.ground.script.store_share = share

    def slowness(self, share: float) -> None:
        self.ground.script.slow_share = share

    def lose_events(self, lost: bool) -> None:
        self.ground.engine.events_lost = lost

    def empty_database(self) -> None:
        if self.lost is None:
            self.lost = self.ground.database.empty()

    def restore_database(self) -> None:
        if self.lost is not None:
            self.ground.database.restore(self.lost)
            self.lost = None

    def restart_on_it(self) -> None:
        """Start again, on the database as it is now."""
        self.kill()
        self.start()

    def lie(self) -> None:
        self.ground.script.lie_once = True

    def break_watch(self) -> None:
        self.ground.engine.break_watch("broken by script")

    # ourselves

    def start(self) -> None:
        if self.runtime is None:
            self.runtime = self.ground.start()

    def kill(self) -> None:
        if self.runtime is not None:
            self.ground.kill(self.runtime)
            self.runtime = None

    def freeze(self) -> None:
        if self.runtime is not None:
            self.ground.freeze(self.runtime)

    def thaw(self) -> None:
        if self.runtime is not None:
            self.ground.thaw(self.runtime)

    def start_another(self) -> None:
        if len(self.ground.runtimes) < MOST_RUNTIMES:
            self.ground.start()

    def crash(self, path: str, message: object) -> None:
        """A bug of ours: an actor fails on a message."""
        if self.runtime is not None:
            self.runtime.system.handle(path).tell(message)

    # time

    def wait(self, seconds: float) -> None:
        self.ground.run(seconds)

    def clock_steps(self, seconds: float) -> None:
        self.ground.clock.step(seconds)

    # what must hold

    def check(self) -> None:
        """What holds after each action."""
        assert self.ground.engine.containers["f1"].status is Status.RUNNING, "a foreign container was touched"

    def end(self) -> None:
        """Let all faults end and the world come to rest; then everything is as wanted."""
        with self.story.telling():
            self.no_more_faults()
            self.rest()
            self.check_end()
            bugs = [report for report in self.ground.failures() if not self.on_purpose.search(report.reason)]
            assert not bugs, bugs

    def no_more_faults(self) -> None:
        self.restore_database()
        world = self.ground
        script = world.script
        script.fault_share = script.store_share = script.answer_share = script.slow_share = 0.0
        script.lie_once = world.engine.events_lost = False
        for container in world.engine.containers.values():
            container.heeds_term = True
        for runtime in world.runtimes:
            world.thaw(runtime)
        if not any(runtime.alive for runtime in world.runtimes):
            world.start()

    def rest(self) -> None:
        """Let it come to rest."""
        raise NotImplementedError

    def check_end(self) -> None:
        """What holds in the end."""
        raise NotImplementedError
