"""Runs a service until it ends: signals, drain, exit code.

The main thread waits for what happens, one thing at a time; starting, waiting and stopping are done by threads
beside it, so that a signal is heard at any moment (pain P74). Signals come through the interpreter's wake-up
descriptor and a thread that reads it: a Python handler alone runs late when its signal arrives in the moment before
the main thread falls asleep.
First signal: a regular end with progress. Second: leave now.
"""

import math
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from types import FrameType

from the0_actors.actors.errors import The0ActorsError
from the0_actors.bin.announce import Announcer
from the0_actors.bin.exit_codes import ExitCode, code_of
from the0_actors.supervisors.service import Service, StopReport
from the0_actors.supervisors.settings import OnExit

ECHO = 0.25
"""Seconds within which a signal that comes again is still the same one.

Some terminals, and `timeout`, send one to us and another to our process group.
"""


@dataclass(frozen=True, slots=True)
class Signalled:
    """Someone wants us to end."""

    name: str


@dataclass(frozen=True, slots=True)
class Started:
    """`Service.start` returned."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`Service.wait` returned: the runtime gave up by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """`Service.stop` returned."""

    report: StopReport


@dataclass(frozen=True, slots=True)
class Failed:
    """A call to the service raised."""

    doing: str
    error: BaseException


Happening = Signalled | Started | Ended | Stopped | Failed
Inbox = SimpleQueue[Happening]
_HEARD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_into(inbox: Inbox, monotonic: Callable[[], float] = time.monotonic) -> Generator[None, None, None]:
    """Turn SIGINT and SIGTERM into `Signalled`, for the time of the context. Main thread only."""
    ear, mouth = socket.socketpair()
    mouth.settimeout(0)
    handlers = {number: signal.signal(number, _nothing) for number in _HEARD}
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(ear, inbox, monotonic), name="the0-signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        mouth.close()
        listener.join()


def _listen(ear: socket.socket, inbox: Inbox, monotonic: Callable[[], float]) -> None:
    echo_until = -math.inf
    with ear:
        while byte := ear.recv(1):
            now = monotonic()
            if byte[0] in _HEARD and now >= echo_until:
                echo_until = now + ECHO
                inbox.put(Signalled(signal.Signals(byte[0]).name))


def _nothing(_: int, __: FrameType | None) -> None:
    """Take the signal's default action away; the wake-up descriptor tells."""


def run_service(
    service: Service, on_exit: OnExit, tell: Announcer, inbox: Inbox, once_up: Callable[[], None] | None = None
) -> ExitCode:
    """Start, wait for an end, end in order; return the exit code. `once_up` runs beside, when it is up."""

    def start() -> Happening:
        service.start(lambda line: tell.say("preparing", line))
        return Started()

    _beside("start", start, inbox)
    stopping = False
    while True:
        match inbox.get():
            case Started():
                _beside("wait", lambda: Ended(service.wait()), inbox)
                tell.say("running", "running; Ctrl-C ends")
                if once_up is not None:
                    threading.Thread(target=once_up, name="the0-once-up", daemon=True).start()
            case Signalled() if stopping:
                service.abandon()
                tell.warn("left", "left now; bots were not touched further (`the0-actors down` stops what runs)")
                return ExitCode.INTERRUPTED
            case Signalled(name):
                stopping = True
                tell.say("ending", f"{name}: ending; once more leaves at once", on_exit=on_exit)
                _beside("stop", lambda: Stopped(service.stop(on_exit, lambda line: tell.say("progress", line))), inbox)
            case Ended(reason) if reason and not stopping:
                tell.warn("gave_up", f"the runtime gave up: {reason}; bots were not touched", reason=reason)
                service.abandon()
                return ExitCode.FAILURE
            case Stopped(report):
                tell.say("ended", last_line(report), kept=len(report.kept), stopped=len(report.stopped))
                return ExitCode.FAILURE if report.failed else ExitCode.OK
            case Failed(doing, error) if not (stopping and doing == "start"):
                service.abandon()
                return _explain(doing, error, tell)
            case _:
                pass


def last_line(report: StopReport) -> str:
    """Return what is left, and how to stop it."""
    if report.failed:
        why = f" ({report.reason})" if report.reason else ""
        names = ", ".join(report.failed)
        return f"{_bots(report.failed)} may still run{why}: {names}; `the0-actors down` stops them"
    if report.kept:
        verb = "keeps" if len(report.kept) == 1 else "keep"
        return f"{_bots(report.kept)} {verb} running and will be adopted; `the0-actors down` stops them"
    return f"nothing is left running ({_bots(report.stopped)} stopped)"


def _bots(ids: tuple[str, ...]) -> str:
    return f"{len(ids)} bot" if len(ids) == 1 else f"{len(ids)} bots"


def _explain(doing: str, error: BaseException, tell: Announcer) -> ExitCode:
    if not isinstance(error, The0ActorsError):
        traceback.print_exception(error)
        return ExitCode.FAILURE
    for line in (str(error), *getattr(error, "__notes__", ())):
        tell.warn("failed", f"cannot {doing}: {line}")
    return code_of(error)


def _beside(doing: str, call: Callable[[], Happening], inbox: Inbox) -> None:
    """Make a call on a thread of its own; its outcome, whatever it is, comes through the inbox."""

    def run() -> None:
        try:
            inbox.put(call())
        except BaseException as error:  # noqa: BLE001 carried to the main thread, which shows what it does not know
            inbox.put(Failed(doing, error))

    threading.Thread(target=run, name=f"the0-{doing}", daemon=True).start()
