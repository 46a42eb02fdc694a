"""A runtime of plain values, for tests of the server and of the command line."""

import threading
from dataclasses import replace

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.errors import NotActive, Unavailable
from the0_actors.actors.ports.status import (
    ActorStatus,
    BotStatus,
    Command,
    PartStatus,
    Phase,
    Renewal,
    RuntimeStatus,
    Transition,
)

RUNNING = BotStatus(
    bot_id="k3v9x0q2m1n4b7c8d5f6g1h2",
    name="btc-sma",
    phase=Phase.RUNNING,
    reason="started: new in the desired state",
    container_id="0123456789abcdef",
    code_version="1.0.0",
    incarnation=1,
    short_lives=0,
    last_exit="",
    log_tail="",
    retry_in=None,
    observed_age=2.5,
    transitions=(Transition(1_767_348_000.0, Phase.RUNNING, "started"),),
)
LOOPING = replace(
    RUNNING,
    bot_id="c0ffee00c0ffee00c0ffee00",
    name="eth-grid",
    phase=Phase.CRASH_LOOPING,
    reason="exit code 1 after 2s, five short lives in a row",
    incarnation=6,
    short_lives=5,
    last_exit="exit code 1",
    log_tail="Traceback…\nValueError: no API key\n",
    retry_in=90.0,
)
STATUS = RuntimeStatus(
    version="0.1.0",
    mode="docker",
    installation="0123456789ab",
    role="active",
    ready=True,
    uptime=3723.0,
    parts=(
        PartStatus("engine", ok=True, required=True, note="Docker 27.0"),
        PartStatus("nats", ok=False, required=False, note="connection refused, next try in 2s"),
    ),
    bots=(RUNNING, LOOPING),
    tree=(
        ActorStatus("/", "Runtime", alive=True, restarts=0, mailbox=0, oldest=0.0, busy=None),
        ActorStatus("/bots", "Supervisor", alive=True, restarts=0, mailbox=0, oldest=0.0, busy=None),
        ActorStatus("/bots/fleet", "Fleet", alive=True, restarts=1, mailbox=3, oldest=0.2, busy=1.5),
    ),
    quarantined={"5f": "config is no document"},
    alarms=("the stream THE0_EVENTS was recreated",),
    held=(LOOPING.bot_id,),
    dead_letters=2,
    renewals=(Renewal("lock", 0.4, 0.03, 0), Renewal("schedules: lease", None, 1.5, 2)),
    strangers=("1 container (x) on this engine, of installation ba9876543210, which is not ours",),
)


RECORDS = (
    RunRecord(
        bot_id=RUNNING.bot_id,
        due=1_767_348_000,
        outcome=Outcome.FAILED,
        holder="here",
        claimed_at=1_767_348_000.5,
        started_at=1_767_348_001.25,
        finished_at=1_767_348_063.0,
        exit_code=1,
        reason="exit code 1",
        log_tail="no API key\n",
        result="stored",
    ),
    RunRecord(RUNNING.bot_id, 1_767_340_800, Outcome.MISSED, reason="not within 1h", last=1_767_344_400, count=2),
)
"""Of the one bot that is scheduled, for whoever asks for runs."""


class FixedRuntime:
    """Implements `RuntimeControl` with a status that tests change."""

    def __init__(self, status: RuntimeStatus = STATUS) -> None:
        self.present = status
        self.healthy = True
        self.broken = False
        self.hindrance = ""
        """Why no command can be carried out."""
        self.commands: list[tuple[str, Command]] = []
        self.confirmed: list[frozenset[str]] = []
        self.lock = threading.Lock()

    def alive(self) -> bool:
        return self.healthy

    def ready(self) -> bool:
        return self.present.ready

    def status(self) -> RuntimeStatus:
        if self.broken:
            raise RuntimeError("a bug")
        return self.present

    def command(self, bot_id: str, command: Command) -> bool:
        if self.hindrance:
            raise NotActive(self.hindrance)
        with self.lock:
            self.commands.append((bot_id, command))
        return any(bot.bot_id == bot_id for bot in self.present.bots)

    def confirm_stops(self, bots: frozenset[str]) -> tuple[str, ...]:
        with self.lock:
            self.confirmed.append(bots)
        return tuple(sorted(bots.intersection(self.present.held)))

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...] | None:
        if self.broken:
            raise Unavailable("mongodb", "no primary")
        return RECORDS[:limit] if bot_id == RUNNING.bot_id else None
