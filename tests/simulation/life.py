"""What can be done to a world: users, operators, faults and time, as actions with their choices.

The state machine lets Hypothesis choose, the walk a seed. Safety is checked after every turn (`World.check`); liveness
by `end`: once faults have ended, every bot that is to run and can, runs in its wanted version, and nothing else does.
"""

import re
from collections.abc import Mapping
from typing import Final

from tests.simulation.ground import HOSTILE, UNPREPARABLE, UNSTARTABLE
from tests.simulation.living import BROKEN, NOTHING, Choices, Living
from tests.simulation.story import Story
from tests.simulation.world import World

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.domain.answers import Disabled, Malformed, Wanted
from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.lease import LeaseKeeper
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.actors.sources.nats import Delivered
from the0_actors.adapters.testing.engine_world import FakeContainer
from the0_actors.adapters.testing.store import spec_of
from the0_actors.supervisors.tree import Tree

BOTS: Final = tuple(f"bot{n}" for n in range(6))
"""Bots whose documents somebody else writes."""
SENT: Final = tuple(f"sent{n}" for n in range(3))
"""Bots that are known by events of the stream alone."""
TOLD: Final = ("told0", "told1")
"""Bots that are known by events over core NATS alone."""
EVERY: Final = BOTS + SENT + TOLD
VERSIONS: Final = ("1", "2", "3", HOSTILE, UNPREPARABLE, UNSTARTABLE)

CRASHES: Final[Mapping[str, object]] = {
    "/sources/nats": Delivered(NOTHING),
    "/sources/mongo": BROKEN,
    "/engine/watcher": BROKEN,
}
"""Sources, and what each fails on."""
ON_PURPOSE: Final = re.compile("TypeError: no learner|'NoneType' object is not iterable|broken on purpose")
"""Failures that `crash_our_actor` and `crash_source` bring about."""
SETTLE: Final = 1500.0
"""Virtual seconds after the last fault within which everything is as wanted."""
QUIET: Final = 300.0
"""Virtual seconds without faults after which no stop is under way that something before them asked for."""
MASS: Final = 5
"""So many of the bots are a mass, whatever the others do."""
COMES_BACK: Final = 240.0
"""Virtual seconds: the longest wait after a crash, and a listing for an event that got lost."""
BACK: Final = "back to the last good one"


class Life(Living[Tree]):
    """A world of realtime bots."""

    on_purpose = ON_PURPOSE

    def __init__(self, story: Story) -> None:
        """Four bots are deployed; perhaps the Go runtime ran some of them; perhaps we run already."""
        self.world = World(story.seed)
        super().__init__(story, self.world)
        for bot in BOTS[:4]:
            self.world.store.put(bot, Wanted(spec_of(bot, "1")))
        for bot in story.left_over:
            self.world.go_runs(bot, auto_remove=story.auto)
        self.begin()

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

    def mishap(self, seconds: float) -> None:
        """Have all documents vanish at once, and come back after a while: nobody may be stopped by that."""
        world, script = self.world, self.world.script
        script.fault_share = script.store_share = script.slow_share = 0.0
        world.run(QUIET)
        kept = {bot: world.store.documents[bot] for bot in BOTS if bot in world.store.documents}
        running = {bot: world.running(bot) for bot in world.wanted_versions() if bot in kept and world.running(bot)}
        told = len(world.engine.calls)
        for bot in kept:
            world.store.delete(bot)
        world.run(seconds)
        others = [bot for bot in EVERY if bot not in kept and (bot in world.store.documents or world.engine.of(bot))]
        if len(running) >= MASS or (len(running) > 1 and not others):
            stopped = {bot for operation, bot in world.engine.calls[told:] if operation == "signal"}
            assert not stopped.intersection(running), f"stopped although a whole fleet vanished: {stopped}"
        for bot, answer in kept.items():
            world.store.put(bot, answer)

    def send(self, bot: str, action: Action, version: str | None) -> None:
        """Without a version it is an event that cannot be stored."""
        self.world.stream.publish(BotEvent(action, bot, {}, None if version is None else {"version": version}))

    def whisper(self, bot: str, action: Action, version: str) -> None:
        self.world.stream.whisper(BotEvent(action, bot, {}, {"version": version}))

    def send_nonsense(self) -> None:
        self.world.stream.publish("no event")

    def twin(self, bot: str) -> None:
        """Start a second one beside it, which nobody can undo in time: only `SABOTAGE` does so."""
        twin = FakeContainer(f"t-{bot}", f"twin-{bot}", bot, "a1b2c3d4e5f6", Status.RUNNING, None, "", "", Birth())
        self.world.engine.containers[twin.container_id] = twin

    # faults

    def outlast(self, bot: str, seconds: float) -> None:
        """The database is away for longer than a lease. A bot that crashes meanwhile comes back all the same."""
        script = self.world.script
        script.store_share = 1.0
        self.wait(seconds)
        troubled = script.fault_share or script.slow_share or script.lie_once
        if not troubled and self._is_kept(bot):
            self.die(bot, 1)
            self.wait(COMES_BACK)
            assert self.world.running(bot), f"{bot} crashed while the database was away, and did not come back"
        script.store_share = 0.0

    def _is_kept(self, bot: str) -> bool:
        """Tell whether a runtime that acts has a bot running as it should."""
        for runtime in self.world.runtimes:
            side = runtime.tree.bots
            actor, lease = side.bot(bot).actor, side.lease.actor
            if (
                runtime.alive
                and not runtime.process.frozen
                and isinstance(actor, BotActor)
                and isinstance(lease, LeaseKeeper)
            ):
                last = actor.state.transitions[-1]
                if actor.state.gate and lease.role == "active" and side.acting.open():
                    return (last.phase, last.reason) == (Phase.RUNNING, "as wanted")
        return False

    def nats(self, connected: bool) -> None:
        self.world.stream.connect(connected=connected)

    def repeat_delivery(self) -> None:
        self.world.stream.repeat()

    def lose_acknowledgement(self) -> None:
        self.world.stream.lose_acknowledgement = True

    def forget_consumer(self) -> None:
        self.world.stream.forget_consumer()

    def recreate_stream(self) -> None:
        self.world.stream.recreate()

    # ourselves

    def command(self, bot: str, command: Command) -> None:
        if self.runtime is not None:
            self.runtime.tree.bots.fleet.tell(OperatorCommand(bot, command))

    def crash_our_actor(self, path: str) -> None:
        """A bug of ours: an actor fails on a message it does not understand."""
        self.crash(path, object())

    def crash_source(self, path: str) -> None:
        """A bug of ours in a source; what it had in hand is not settled by it."""
        self.crash(path, CRASHES[path])

    # what must hold

    def check_end(self) -> None:
        self._check_events()
        self._check_subscriptions()
        for bot in EVERY:
            self._check_bot(bot)

    def rest(self) -> None:
        self.world.stream.connect(connected=True)
        self.world.run(SETTLE)
        self._resume_rejected()

    def _resume_rejected(self) -> None:
        """Give what waits for a human its human: a version that the engine refused is not tried again by itself."""
        resumed = False
        for runtime in self.world.runtimes:
            for bot in EVERY if runtime.alive else ():
                if any(id_ == bot and BACK in transition.reason for id_, transition in runtime.transitions):
                    runtime.tree.bots.fleet.tell(OperatorCommand(bot, Command.RESUME))
                    resumed = True
        if resumed:
            self.world.run(SETTLE)

    def _check_events(self) -> None:
        stream, store = self.world.stream, self.world.store
        assert stream.settled == len(stream.messages), f"{stream.settled} of {len(stream.messages)} events were written"
        assert not [event for line in stream.lines for event in line.heard], "what was heard is not written"
        for bot in SENT + TOLD:
            mine = [(event, at) for event, at in self.world.acknowledged if event.bot_id == bot]
            written = [
                event for event, _, applied in store.applied if event.bot_id == bot and applied is Applied.WRITTEN
            ]
            if any(event.action is Action.DELETED for event, _ in mine):
                assert bot in store.tombstones, f"{bot} was deleted and has no tombstone"
                assert bot not in store.documents, f"{bot} came back after its end"
            elif written and bot not in store.tombstones:
                version = str((written[-1].custom or {})["version"])
                assert store.documents[bot] == Wanted(spec_of(bot, version)), f"{bot}: not what {written[-1]} said"
                self._check_order(bot, [at for _, at in mine if at is not None])

    def _check_subscriptions(self) -> None:
        """Only one runtime acts, and whatever listened for another one or an earlier actor has ended."""
        world = self.world
        opened = {
            "feeds": len(world.stream.lines),
            "change streams": len(world.store.streams),
            "watches": len(world.engine.subscribers),
        }
        assert set(opened.values()) == {1}, opened

    def _check_order(self, bot: str, acknowledged: list[Position]) -> None:
        """Nothing that was written is older than what was acknowledged."""
        if acknowledged:
            order = list(self.world.stream.history)
            written, newest = Position(*self.world.store.positions[bot]), max(acknowledged, key=order.index)
            assert order.index(written) >= order.index(newest), f"{bot}: {written} overwrote {newest}"

    def _check_bot(self, bot: str) -> None:
        world, wanted = self.world, self.world.wanted_versions()
        ours = [one for one in world.engine.of(bot) if one.installation not in {None, "foreign"}]
        assert len(ours) <= 1, f"{bot} has {ours}"
        if bot in wanted:
            assert world.version(bot) == wanted[bot], f"{bot}: {world.version(bot)} runs, {wanted[bot]} is wanted"
        elif bot not in world.store.documents or isinstance(world.store.documents[bot], Disabled):
            # A container of the Go runtime is only ours to stop while its bot has a document.
            spared = {"foreign"} if bot in world.store.documents else {"foreign", None}
            live = [container for container in world.engine.of(bot) if container.installation not in spared]
            assert not live, f"{bot} is not wanted and there is {live}"


ACTIONS: Final[Choices] = {
    "deploy": {"bot": BOTS, "version": VERSIONS, "grace": (None, 1.0, 5.0)},
    "disable": {"bot": BOTS},
    "spoil": {"bot": BOTS},
    "delete": {"bot": BOTS},
    "mishap": {"seconds": (31.0, 120.0, 500.0)},
    "send": {
        "bot": SENT,
        "action": (Action.CREATED, Action.UPDATED, Action.UPDATED, Action.DELETED),
        "version": (*VERSIONS, None),
    },
    "whisper": {"bot": TOLD, "action": (*Action, Action.UPDATED), "version": VERSIONS},
    "send_nonsense": {},
    "die": {"bot": EVERY, "code": (0, 1, 137)},
    "remove_by_hand": {"bot": EVERY},
    "pause_by_hand": {"bot": EVERY},
    "rename_by_hand": {"bot": EVERY},
    "second_by_hand": {"bot": EVERY},
    "turn_deaf": {"bot": EVERY},
    "engine_faults": {"share": (0.0, 0.1, 0.5, 1.0)},
    "store_faults": {"share": (0.0, 0.3, 1.0)},
    "outlast": {"bot": EVERY, "seconds": (30.0, 600.0)},
    "slowness": {"share": (0.0, 0.2)},
    "empty_database": {},
    "restore_database": {},
    "restart_on_it": {},
    "lose_events": {"lost": (False, True)},
    "lie": {},
    "break_watch": {},
    "nats": {"connected": (True, False)},
    "repeat_delivery": {},
    "lose_acknowledgement": {},
    "forget_consumer": {},
    "recreate_stream": {},
    "start": {},
    "kill": {},
    "freeze": {},
    "thaw": {},
    "start_another": {},
    "command": {"bot": EVERY, "command": (Command.RESTART, Command.RESUME)},
    "crash_our_actor": {"path": tuple(f"/bots/crew/{bot}" for bot in EVERY)},
    "crash_source": {"path": tuple(CRASHES)},
    "wait": {"seconds": (0.001, 0.1, 1.0, 7.0, 31.0, 120.0)},
    "clock_steps": {"seconds": (-30 * 86400.0, -3600.0, -1.0, 1.0, 3600.0, 30 * 86400.0)},
}
"""Every action, and what each of its arguments may be."""


SABOTAGE: Final[Choices] = {"twin": {"bot": BOTS}}
"""Actions that nobody chooses: they violate what must hold."""
