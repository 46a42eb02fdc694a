"""What can be done to a world: users, operators, faults and time, as actions with their choices.

The state machine lets Hypothesis choose, the walk a seed. Safety is checked after every turn (`World.check`); liveness
by `end`: once faults have ended, every bot that is to run and can, runs in its wanted version, and nothing else does.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.simulation.world import HOSTILE, UNPREPARABLE, UNSTARTABLE, Runtime, World

from the0_actors.actors.domain.answers import Disabled, Malformed, Wanted
from the0_actors.actors.domain.events import Action, BotEvent, Position
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command
from the0_actors.adapters.testing.engine import FakeContainer
from the0_actors.adapters.testing.store import spec_of

BOTS: Final = tuple(f"bot{n}" for n in range(6))
"""Bots whose documents somebody else writes."""
SENT: Final = tuple(f"sent{n}" for n in range(3))
"""Bots that are known by events alone."""
VERSIONS: Final = ("1", "2", "3", HOSTILE, UNPREPARABLE, UNSTARTABLE)
SETTLE: Final = 1500.0
"""Virtual seconds after the last fault within which everything is as wanted."""
MOST_RUNTIMES: Final = 6


class Life:
    """A world, one runtime that is ours, and everything that may happen to both."""

    def __init__(self, seed: int, *, running: bool, left_over: Sequence[str], auto: bool) -> None:
        """Four bots are deployed; perhaps the Go runtime ran some of them; perhaps we run already."""
        self.world = World(seed)
        self.runtime: Runtime | None = None
        foreign = FakeContainer("f1", "somebody-else", "bot0", "foreign", Status.RUNNING, None, "", "", Birth())
        self.world.engine.containers["f1"] = foreign
        for bot in BOTS[:4]:
            self.world.store.put(bot, Wanted(spec_of(bot, "1")))
        for bot in left_over:
            container = FakeContainer(
                f"p-{bot}", f"adoring_{bot}", bot, None, Status.RUNNING, None, "", "", Birth(), 1.0, auto_remove=auto
            )
            self.world.engine.containers[container.container_id] = container
        if running:
            self.runtime = self.world.start()
            self.world.run(60.0)

    # users

    def deploy(self, bot: str, version: str, grace: float | None) -> None:
        if bot not in self.world.store.tombstones:
            self.world.store.put(bot, Wanted(spec_of(bot, version, stop_grace=grace)))

    def disable(self, bot: str) -> None:
        if bot in self.world.store.documents:
            self.world.store.put(bot, Disabled())

    def spoil(self, bot: str) -> None:
        if bot in self.world.store.documents:
            self.world.store.put(bot, Malformed("spoilt"))

    def delete(self, bot: str) -> None:
        self.world.store.delete(bot)

    def send(self, bot: str, action: Action, version: str) -> None:
        self.world.stream.publish(BotEvent(action, bot, {}, {"version": version}))

    # containers

    def _ours(self, bot: str) -> list[FakeContainer]:
        return [container for container in self.world.engine.of(bot) if container.installation != "foreign"]

    def die(self, bot: str, code: int) -> None:
        for container in self._ours(bot):
            if container.status is Status.RUNNING:
                self.world.engine.die(container, code)

    def remove_by_hand(self, bot: str) -> None:
        for container in self._ours(bot):
            self.world.engine.remove(container)

    def pause_by_hand(self, bot: str) -> None:
        for container in self._ours(bot):
            if container.status is Status.RUNNING:
                self.world.engine.pause(container)

    def turn_deaf(self, bot: str) -> None:
        for container in self.world.engine.of(bot):
            container.heeds_term = False

    # faults

    def engine_faults(self, share: float) -> None:
        self.world.script.fault_share = share

    def store_faults(self, share: float) -> None:
        self.world.script.store_share = share

    def slowness(self, share: float) -> None:
        self.world.script.slow_share = share

    def lose_events(self, lost: bool) -> None:
        self.world.engine.events_lost = lost

    def lie(self) -> None:
        self.world.script.lie_once = True

    def break_watch(self) -> None:
        self.world.engine.break_watch("broken by script")

    def nats(self, connected: bool) -> None:
        self.world.stream.connect(connected=connected)

    def repeat_delivery(self) -> None:
        self.world.stream.repeat()

    def recreate_stream(self) -> None:
        self.world.stream.recreate()

    # ourselves

    def start(self) -> None:
        if self.runtime is None:
            self.runtime = self.world.start()

    def kill(self) -> None:
        if self.runtime is not None:
            self.world.kill(self.runtime)
            self.runtime = None

    def start_another(self, host: str) -> None:
        if len(self.world.runtimes) < MOST_RUNTIMES:
            self.world.start(host)

    def command(self, bot: str, command: Command) -> None:
        if self.runtime is not None:
            self.runtime.tree.fleet.tell(OperatorCommand(bot, command))

    def crash_our_actor(self, path: str) -> None:
        """A bug of ours: an actor fails on a message it does not understand."""
        if self.runtime is not None:
            self.runtime.system.handle(path).tell(object())

    # time

    def wait(self, seconds: float) -> None:
        self.world.run(seconds)

    def clock_steps(self, seconds: float) -> None:
        self.world.clock.step(seconds)

    # what must hold

    def check(self) -> None:
        """What holds after each action."""
        assert self.world.engine.containers["f1"].status is Status.RUNNING, "a foreign container was touched"

    def end(self) -> None:
        """Let all faults end and the world come to rest; then everything is as wanted."""
        world = self.world
        world.script.fault_share = world.script.store_share = world.script.slow_share = 0.0
        world.script.lie_once = world.engine.events_lost = False
        world.stream.connect(connected=True)
        for container in world.engine.containers.values():
            container.heeds_term = True
        if not any(runtime.alive for runtime in world.runtimes):
            world.start()
        world.run(SETTLE)
        self._check_events()
        for bot in (*BOTS, *SENT):
            self._check_bot(bot)
        bugs = [report for report in world.failures() if "TypeError: no learner" not in report.reason]
        assert not bugs, bugs

    def _check_events(self) -> None:
        stream = self.world.stream
        assert stream.settled == len(stream.messages), f"{stream.settled} of {len(stream.messages)} events were written"
        for bot in SENT:
            self._check_sent(bot)

    def _check_sent(self, bot: str) -> None:
        """No event is older than one that was acknowledged, and what is deleted stays so."""
        history, store = self.world.stream.history, self.world.store
        mine = [position for position in self.world.acknowledged if history[position].bot_id == bot]
        if any(history[position].action is Action.DELETED for position in mine):
            assert bot in store.tombstones, f"{bot} was deleted and has no tombstone"
        elif mine and bot not in store.tombstones:
            order, written = list(history), Position(*store.positions[bot])
            assert order.index(written) >= order.index(mine[-1]), f"{bot}: {written} overwrote {mine[-1]}"
            version = str((history[written].custom or {})["version"])
            assert store.documents.get(bot) == Wanted(spec_of(bot, version)), f"{bot}: not what {written} said"

    def _check_bot(self, bot: str) -> None:
        world, wanted = self.world, self.world.wanted_versions()
        if bot in wanted:
            assert world.version(bot) == wanted[bot], f"{bot}: {world.version(bot)} runs, {wanted[bot]} is wanted"
        elif bot not in world.store.documents or isinstance(world.store.documents[bot], Disabled):
            # A container of the Go runtime is only ours to stop while its bot has a document.
            spared = {"foreign"} if bot in world.store.documents else {"foreign", None}
            live = [container for container in world.engine.of(bot) if container.installation not in spared]
            assert not live, f"{bot} is not wanted and there is {live}"


ACTIONS: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "deploy": {"bot": BOTS, "version": VERSIONS, "grace": (None, 1.0, 5.0)},
    "disable": {"bot": BOTS},
    "spoil": {"bot": BOTS},
    "delete": {"bot": BOTS},
    "send": {
        "bot": SENT,
        "action": (Action.CREATED, Action.UPDATED, Action.UPDATED, Action.DELETED),
        "version": VERSIONS,
    },
    "die": {"bot": BOTS + SENT, "code": (0, 1, 137)},
    "remove_by_hand": {"bot": BOTS + SENT},
    "pause_by_hand": {"bot": BOTS + SENT},
    "turn_deaf": {"bot": BOTS + SENT},
    "engine_faults": {"share": (0.0, 0.1, 0.5, 1.0)},
    "store_faults": {"share": (0.0, 0.3, 1.0)},
    "slowness": {"share": (0.0, 0.2)},
    "lose_events": {"lost": (False, True)},
    "lie": {},
    "break_watch": {},
    "nats": {"connected": (True, False)},
    "repeat_delivery": {},
    "recreate_stream": {},
    "start": {},
    "kill": {},
    "start_another": {"host": ("host-1", "host-2")},
    "command": {"bot": BOTS + SENT, "command": (Command.RESTART, Command.RESUME)},
    "crash_our_actor": {"path": tuple(f"/bots/crew/{bot}" for bot in BOTS + SENT)},
    "wait": {"seconds": (0.001, 0.1, 1.0, 7.0, 31.0, 120.0)},
    "clock_steps": {"seconds": (-3600.0, 3600.0)},
}
"""Every action, and what each of its arguments may be."""


def walk(seed: int, actions: int) -> Life:
    """Live a life that a seed chose. Raises `AssertionError` where something does not hold."""
    chance = random.Random(seed)
    left_over = [bot for bot in BOTS if chance.random() < 0.2]
    life = Life(chance.randrange(2**32), running=chance.random() < 0.5, left_over=left_over, auto=chance.random() < 0.5)
    for _ in range(actions):
        name = chance.choice(NAMES)
        getattr(life, name)(**{key: chance.choice(values) for key, values in ACTIONS[name].items()})
        life.check()
    life.end()
    return life


NAMES: Final = (*ACTIONS, "wait", "wait", "wait")
"""Time passes more often than anything else happens."""
