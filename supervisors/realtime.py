"""The part of the tree that keeps realtime bots running: a `Side` at the top of the tree. Wiring only."""

from dataclasses import dataclass
from functools import lru_cache

from the0_actors.actors.bot.actor import BotActor, BotWorld
from the0_actors.actors.bot.rules import Rules, TakeOver
from the0_actors.actors.bot.state import Run
from the0_actors.actors.domain.restart_policy import RestartPolicy
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.store import BotStore
from the0_actors.supervisors.side import Side, SidePorts, SideSettings

KNOWN_FINGERPRINTS = 1024
"""Fingerprints that are kept: a bot asks for its own several times while it is started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimePorts(SidePorts):
    """The outside world, as realtime bots need it."""

    store: BotStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeSettings(SideSettings):
    """The numbers of this part. Seconds."""

    reconcile_interval: float = 30.0
    stop_grace: float = 30.0
    take_over: TakeOver = TakeOver.STOP
    policy: RestartPolicy = RestartPolicy()


class RealtimeTree(Side[RealtimePorts, RealtimeSettings, BotWorld]):
    """The handles of this part, and the factories of its supervisors."""

    def bot_actors(self) -> list[BotActor]:
        """Return the living bots' actors; read only what they publish."""
        return [actor for handle in self.bots() if isinstance(actor := handle.actor, BotActor)]

    def code_in_use(self) -> frozenset[str]:
        """Return the code that is prepared, or in the container that a bot would go back to."""
        states = [actor.state for actor in self.bot_actors()]
        prepared = (state.prepared.code_hash for state in states if state.prepared is not None)
        kept = (state.want.code_hash for state in states if isinstance(state.want, Run))
        return frozenset((*prepared, *kept))

    def poll_interval(self) -> float:
        """Return the reconcile interval."""
        return self._settings.reconcile_interval

    def make_fleet(self) -> Fleet:
        """Build Fleet."""
        return self.fleet_of()

    def make_bot(self, bot_id: str) -> BotActor:
        """Build one bot's actor."""
        return BotActor(bot_id, self.the_world())

    def make_world(self, engine: Engine, installation: str) -> BotWorld:
        """Build what bots' actors are given."""
        ports, around, settings = self._ports, self._around, self._settings
        rules = Rules(
            fingerprint=lru_cache(KNOWN_FINGERPRINTS)(engine.fingerprint),
            installation=installation,
            policy=settings.policy,
            stop_grace=settings.stop_grace,
            take_over=settings.take_over,
        )
        return BotWorld(
            engine=engine,
            prepare=ports.prepare(engine),
            lanes=around.lanes,
            reads=self.reads,
            fleet=self.fleet,
            rules=rules,
            announce=around.announce,
            followed=self.following.holds,
            deadlines=settings.deadlines,
        )
