"""The wrapper of Python bots: runs inside the bot's container, with nothing but the standard library.

It loads the script as module `main` and calls `main(bot_id, config)` on the main thread. TERM acts there like
Ctrl-C, so `finally` blocks run and `except Exception` does not swallow the stop; a handler that the bot installs
itself replaces this one. What ends how stands in `docs/bots.md`.
"""

import contextlib
import importlib.util
import inspect
import io
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

SUCCESS = {"status": "success", "message": "Bot executed successfully"}
TERMINATED = {"status": "terminated", "message": "Bot execution terminated by signal"}

Ending = tuple[int | str | None, dict[str, str] | None]
"""What `sys.exit` gets, and what `result.json` gets (None: it stays as the bot left it)."""


class Stop:
    """Turns the first TERM into Ctrl-C; more of them do not disturb the goodbye.

    Ctrl-C, because asyncio, libraries and bots know how to end on it: by `KeyboardInterrupt`, or in the handler that
    they have installed for INT.
    """

    def __init__(self) -> None:
        self.heard = False
        self.deaf = False
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a child of a shell may have been born deaf to it
        signal.signal(signal.SIGTERM, self._hear)
        os.register_at_fork(before=_hold, after_in_child=self._spare, after_in_parent=_release)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number
        if self.heard or self.deaf:
            return
        self.heard = True
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)

    def _spare(self) -> None:
        """Let a forked child end by TERM as any process does."""
        if signal.getsignal(signal.SIGTERM) == self._hear:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _release()

    def end(self) -> None:
        """Change nothing any more, except for a process that its threads keep: there TERM is the way to end it."""
        kept = any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())
        if signal.getsignal(signal.SIGTERM) == self._hear:
            signal.signal(signal.SIGTERM, signal.SIG_DFL if kept and not self.heard else signal.SIG_IGN)


def _hold() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def _release() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def keep_awake() -> None:
    """See to it that a stop is handled now, whoever handles it.

    Python runs handlers between two steps of the main thread. A signal that comes right before the thread goes to
    sleep in the kernel would wait for the end of that sleep; another signal, which does nothing, ends it.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGURG, _do_nothing)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_nudge, args=(reader,), name="the0-stop", daemon=True).start()


def _do_nothing(number: int, frame: FrameType | None) -> None:
    del number, frame


def _nudge(reader: int) -> None:
    main, pause = threading.main_thread().ident, threading.Event()
    while True:
        if os.read(reader, 1)[0] in {signal.SIGTERM, signal.SIGINT} and main is not None:
            for number in range(8):
                pause.wait(0.02 * 2**number)
                signal.pthread_kill(main, signal.SIGURG)


def fail(kind: str, reason: object) -> NoReturn:
    """End with code 1, after a line that says what is wrong."""
    print(f"{kind}: {reason}", file=sys.stderr)
    sys.exit(1)


def enter(folder: str) -> None:
    """Make the bot's folder the working directory, and it and its packages the first places of imports."""
    try:
        os.chdir(folder)
        next(Path(folder).iterdir(), None)
    except OSError as error:
        fail("CHDIR_ERROR", error)
    first = [place for place in (f"{folder}/vendor", folder) if Path(place).is_dir()]
    here = str(Path(__file__).parent)
    sys.path[:] = first + [place for place in sys.path if place not in {*first, here}]


def read_config() -> Any:
    """Return the parsed `BOT_CONFIG`."""
    try:
        return json.loads(os.environ.get("BOT_CONFIG", ""))
    except ValueError as error:
        fail("CONFIG_ERROR", f"BOT_CONFIG is no JSON: {error}")


def load(script: str) -> ModuleType:
    """Run the script as module `main`."""
    path = Path(script) if Path(script).exists() else Path(f"{script}.py")
    spec = importlib.util.spec_from_file_location("main", path.absolute())
    if spec is None or spec.loader is None or not path.exists():
        fail("IMPORT_ERROR", f"cannot load {script!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the bot raises
        traceback.print_exc()
        fail("IMPORT_ERROR", f"{script}: {type(error).__name__}: {error}")
    return module


def entry(module: ModuleType, config: Any) -> Callable[[], object]:
    """Return the call that is the bot."""
    function = getattr(module, "main", None)
    if callable(function):
        return partial(function, *_arguments(function, config))
    if "the0" in sys.modules:  # a script on the platform's kit without a `main` is itself the bot, and has just run
        return lambda: None
    fail("IMPORT_ERROR", f"{module.__file__} defines no function main(bot_id, config)")


def _arguments(function: Callable[..., object], config: Any) -> tuple[object, ...]:
    """Return the id and the configuration, or nothing for a `main()` that asks the platform's kit for them."""
    try:
        wanted = bool(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        wanted = True
    return (os.environ.get("BOT_ID", ""), config) if wanted else ()


def play(bot: Callable[[], object], stop: Stop, *, scheduled: bool) -> Ending:
    """Run the bot to its end, and decide how the process ends. `KeyboardInterrupt` passes through."""
    try:
        bot()
    except KeyboardInterrupt:
        raise
    except SystemExit as error:
        if scheduled and error.code:
            hand_out(f"SystemExit: {error.code}")
        return (0, SUCCESS) if scheduled else (error.code, None)
    except BaseException as error:  # noqa: BLE001 - the bot may raise anything
        traceback.print_exc()
        failure = {"status": "error", "message": f"{type(error).__name__}: {error}"}
        if scheduled:
            hand_out(failure["message"])
        # A scheduled bot that failed ends like one that did not: the platform's habit, which bots may rely on.
        return (0, SUCCESS) if scheduled else (1, failure)
    return 0, TERMINATED if stop.heard else SUCCESS


def hand_out(message: str) -> None:
    """Say what was raised to who keeps the record of the run, since the exit code will not."""
    folder = os.environ.get("THE0_RESULT")
    if folder:
        with contextlib.suppress(OSError):
            Path(folder, "raised.json").write_text(json.dumps({"message": message[:10_000]}), "utf-8")


def write_result(folder: str, result: dict[str, str]) -> None:
    """Leave `result.json`; a full or missing folder does not change how the bot ended."""
    try:
        Path(folder, "result.json").write_text(json.dumps(result), "utf-8")
    except OSError as error:
        print(f"RESULT_ERROR: {error}", file=sys.stderr)


def print_whole_lines() -> None:
    """Write each line when it ends, in one piece: it is in the log when the bot is killed next."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def run() -> NoReturn:
    """Run one bot and end the process."""
    print_whole_lines()
    stop = Stop()
    keep_awake()
    folder = "/" + os.environ.get("CODE_MOUNT_DIR", "bot")
    logging.basicConfig(level=logging.INFO)
    try:
        enter(folder)
        bot = entry(load(os.environ.get("SCRIPT_PATH", "main.py")), read_config())
        code, result = play(bot, stop, scheduled=os.environ.get("IS_SCHEDULED") == "true")
        stop.deaf = True  # inside the block: a signal either is caught here or does not raise any more
    except KeyboardInterrupt:
        code, result = 0, TERMINATED
    if result is not None:
        write_result(folder, result)
    stop.end()
    sys.exit(code)


if __name__ == "__main__":
    run()
