"""The runtime as the command line runs it: groundwork, tree and status server, brought up and taken down in order.

start   groundwork, tree, status server
stop    drain (with `--on-exit stop`), tree, status server, embedded servers
"""

import threading
import time
from collections.abc import Callable

import structlog

from the0_actors.actors.domain.masking import Masker
from the0_actors.actors.ports.status import PartStatus, Phase, RuntimeStatus
from the0_actors.adapters.http.access import Access
from the0_actors.adapters.http.server import StatusServer, ensure_free
from the0_actors.supervisors.groundwork import Ground, lay
from the0_actors.supervisors.parts_journal import PartsJournal
from the0_actors.supervisors.ports import build_ports, drain_bound, tree_settings
from the0_actors.supervisors.runtime import LISTEN, Runtime, Threads
from the0_actors.supervisors.service import StopReport
from the0_actors.supervisors.settings import OnExit, Settings

log = structlog.get_logger(__name__)

HOLDING = frozenset({Phase.RUNNING, Phase.STARTING, Phase.STOPPING})
"""Phases in which a bot has a container that goes on without us."""
TREE = 20.0
"""Seconds for the tree to stop when the bots are left alone."""
PATIENCE = 10.0
"""Seconds of a drain that an engine may be away in a row. Without it nothing can be stopped."""
REVIVAL = 60.0
"""The same for an engine of our own, which is started again meanwhile."""
SETTLE = 20.0
"""Seconds for runs that are just starting, when the bots are left alone."""


class LiveService:
    """One run of one process. See `supervisors.service.Service`."""

    def __init__(self, settings: Settings, mask: Masker) -> None:
        """`mask` learns the secrets of embedded servers, and hides all that it knows in what is served."""
        self._settings = settings
        self._mask = mask
        self._ground: Ground | None = None
        self._runtime: Runtime | None = None
        self._server: StatusServer | None = None
        self._over = threading.Event()
        self._starting = threading.Lock()

    def start(self, progress: Callable[[str], None]) -> None:
        """Bring everything up; the tree's own actors wait for what is not there yet."""
        with self._starting:
            address = self._settings.listen.address
            ensure_free(address.host, address.port)  # before the minutes that the groundwork may take
            self._ground = ground = lay(self._settings, progress, self._mask)
            settings = ground.settings
            runtime = Runtime(
                build_ports(ground),
                tree_settings(settings),
                mode=settings.runtime.mode,
                threads=Threads(engine=settings.runtime.concurrent_starts),
                servers=ground.kept,
            )
            access = Access(settings.listen.status_from, settings.listen.status_hosts)
            server = StatusServer(
                runtime, address.host, address.port, logs=runtime.logs, access=access, mask=self._mask
            )
            server.start()
            self._server = server
            runtime.start(patience=0.0)
            self._runtime = runtime
            log.info("listening", address=f"http://{address.host}:{server.port}")
        if not runtime.listen(LISTEN) and not self._over.is_set():
            progress(
                f"events are not heard yet ({runtime.deaf() or runtime.status_role()}); they are once NATS answers"
            )

    def wait(self) -> str:
        """Block until the tree gave up, or `stop` or `abandon` was called."""
        runtime, journal = self._runtime, PartsJournal()
        while runtime is not None and not self._over.is_set():
            journal.look(_in_force(runtime), time.monotonic())
            reason = runtime.wait(0.5)
            if reason is not None:
                return "" if self._over.is_set() else reason
        return ""

    def stop(self, on_exit: OnExit, progress: Callable[[str], None]) -> StopReport:
        """End in order."""
        self._over.set()
        with self._starting:
            report = self._stop_tree(on_exit, progress)
            if self._server is not None:
                self._server.close()
            servers = None if self._ground is None else self._ground.servers
            if servers is not None:
                progress("stopping the embedded servers")
                servers.stop()
            return report

    def _stop_tree(self, on_exit: OnExit, progress: Callable[[str], None]) -> StopReport:
        runtime, began = self._runtime, time.monotonic()
        if runtime is None:
            return StopReport()
        until = began + drain_bound(self._settings, runtime.longest_grace())
        before = runtime.holding(HOLDING)
        if on_exit is OnExit.STOP:
            progress(f"stopping {len(before)} bots")
            patience = PATIENCE if self._ground is None or self._ground.engine is None else REVIVAL
            countdown = _Countdown(progress, runtime.engine_fault, patience)
            runtime.drain(until - time.monotonic(), countdown, patience=patience)
            left = runtime.holding(HOLDING)
            reason = runtime.engine_fault() if left else ""
            runtime.stop(TREE)
            return StopReport(stopped=tuple(sorted(set(before) - set(left))), failed=left, reason=reason)
        runtime.settle(min(until - time.monotonic(), SETTLE))
        kept = runtime.holding(HOLDING)
        runtime.stop(TREE)
        return StopReport(kept=kept)

    def abandon(self) -> None:
        """End at once; the kernel ends the embedded servers with us."""
        self._over.set()

    def status(self) -> RuntimeStatus:
        """Return the present status."""
        if self._runtime is None:
            raise RuntimeError("not started")
        return self._runtime.status()


def _in_force(runtime: Runtime) -> tuple[PartStatus, ...]:
    """Return the parts that ought to be fine: a standby has the lease's alone."""
    active = runtime.status_role() == "active"
    return tuple(part for part in runtime.parts() if active or part.name == "lease")


class _Countdown:
    """Tells how many are left, and that the engine is away, whenever that has changed."""

    def __init__(self, progress: Callable[[str], None], fault: Callable[[], str], patience: float) -> None:
        self._progress = progress
        self._fault = fault
        self._patience = patience
        self._told: int | None = None
        self._away = False

    def __call__(self, left: int) -> None:
        fault = self._fault()
        if bool(fault) != self._away:
            self._away = bool(fault)
            away = f"the engine is away ({fault}): nothing can be stopped; waiting up to {self._patience:g} s for it"
            self._progress(away if fault else "the engine is back")
        if left != self._told:
            self._told = left
            self._progress(f"{left} bots left")
