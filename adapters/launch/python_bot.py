"""The wrapper of Python bots: runs inside the bot's container, with nothing but the standard library.

It loads the script as module `main`, calls `main(bot_id, config)` on the main thread and awaits what can be awaited.
TERM acts there like Ctrl-C, so `finally` blocks run and `except Exception` does not swallow the stop; a handler that
the bot installs itself replaces this one. What ends how stands in `docs/bots.md`.

Children that multiprocessing spawns run this file as `__mp_main__`: there it only lets them find the script.
"""

import os
import sys

FOLDER = "/" + os.environ.get("CODE_MOUNT_DIR", "bot")
PLACES = (f"{FOLDER}/vendor", FOLDER)
"""Where the bot's modules lie, first things first."""

_LOADED, _PATH = frozenset(sys.modules), sys.path[:]
sys.path[:] = [place for place in _PATH if place not in PLACES]  # what follows is the library's own, not the bot's

import contextlib
import importlib.util
import inspect
import io
import json
import logging
import re
import signal
import threading
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

sys.path[:] = _PATH

SUCCESS = {"status": "success", "message": "Bot executed successfully"}
TERMINATED = {"status": "terminated", "message": "Bot execution terminated by signal"}

GUARD = re.compile(r"^if\b.*(__name__.*__main__|__main__.*__name__)", re.MULTILINE)

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


def enter() -> None:
    """Make the bot's folder the working directory, and it and its packages the first places of imports."""
    try:
        os.chdir(FOLDER)
        next(Path(FOLDER).iterdir(), None)
    except OSError as error:
        fail("CHDIR_ERROR", error)
    first = [place for place in PLACES if Path(place).is_dir()]
    here = str(Path(__file__).parent)
    sys.path[:] = first + [place for place in sys.path if place not in {*first, here}]


def give_way() -> None:
    """Forget modules that this wrapper alone has loaded where the bot has its own of that name: `token`, `signal`."""
    for name in set(sys.modules) - _LOADED - set(sys.builtin_module_names):
        found = None if "." in name else PathFinder.find_spec(name, list(PLACES))
        if found is not None and found.loader is not None:
            for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
                del sys.modules[loaded]


class Script:
    """Finds the bot's script under the name `main`, wherever in the bot's folder it lies, in children as well."""

    def __init__(self) -> None:
        script = Path(FOLDER, os.environ.get("SCRIPT_PATH", "main.py"))
        self.path = script if script.exists() else Path(f"{script}.py")

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer the import machinery."""
        del path, target
        return importlib.util.spec_from_file_location(name, self.path) if name == "main" else None


def read_config() -> Any:
    """Return the parsed `BOT_CONFIG`."""
    try:
        return json.loads(os.environ.get("BOT_CONFIG", ""))
    except ValueError as error:
        fail("CONFIG_ERROR", f"BOT_CONFIG is no JSON: {error}")


def load(script: Script) -> ModuleType:
    """Run the script as module `main`."""
    name = os.environ.get("SCRIPT_PATH", "main.py")
    if script.find_spec("main") is None or not script.path.exists():
        fail("IMPORT_ERROR", f"cannot load {name!r}")
    sys.meta_path.insert(0, script)
    try:
        return __import__("main")
    except Exception as error:  # noqa: BLE001 - whatever the bot raises
        traceback.print_exc()
        fail("IMPORT_ERROR", "; ".join([f"{name}: {type(error).__name__}: {error}", *hidden()]))


def hidden() -> list[str]:
    """Say which files of the bot have been taken for modules of the standard library: the cause of odd failures."""
    files = [
        (name, getattr(sys.modules[name], "__file__", None)) for name in sys.stdlib_module_names & set(sys.modules)
    ]
    return sorted(f"{file} hides Python's own {name}" for name, file in files if file and file.startswith(f"{FOLDER}/"))


def entry(module: ModuleType, config: Any) -> Callable[[], object]:
    """Return the call that is the bot."""
    function = getattr(module, "main", None)
    if callable(function):
        return partial(function, *_arguments(function, config))
    lack = f"{module.__file__} defines no function main(bot_id, config)"
    if GUARD.search(Path(str(module.__file__)).read_text("utf-8", "replace")):
        fail(
            "IMPORT_ERROR", f"{lack}; what stands under its `if __name__ == ...` does not run here: __name__ is 'main'"
        )
    if "the0" in sys.modules:  # a script on the platform's kit without a `main` is itself the bot, and has just run
        return lambda: None
    fail("IMPORT_ERROR", lack)


def _arguments(function: Callable[..., object], config: Any) -> tuple[object, ...]:
    """Return the id and the configuration, or nothing for a `main()` that asks the platform's kit for them."""
    try:
        wanted = bool(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        wanted = True
    return (os.environ.get("BOT_ID", ""), config) if wanted else ()


def finish(value: object) -> None:
    """Await what an `async def main` returned. A generator is an error: nothing of it has run."""
    if inspect.isawaitable(value):
        import asyncio  # noqa: PLC0415 - costs as much memory as all the rest

        asyncio.run(_finish(value))
    elif inspect.isgenerator(value) or inspect.isasyncgen(value):
        raise TypeError("main has a `yield` in it, so it is a generator and nothing of it has run")


async def _finish(value: Awaitable[object]) -> None:
    await value


def play(bot: Callable[[], object], stop: Stop, *, scheduled: bool) -> Ending:
    """Run the bot to its end, and decide how the process ends. `KeyboardInterrupt` passes through."""
    try:
        finish(bot())
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


def write_result(result: dict[str, str]) -> None:
    """Leave `result.json`, in the place of whatever is there; a full or missing folder changes no bot's end."""
    fresh = Path(FOLDER, f".result.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(result), "utf-8")
        fresh.replace(Path(FOLDER, "result.json"))
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
    try:
        keep_awake()
        logging.basicConfig(level=logging.INFO)
        enter()
        give_way()
        bot = entry(load(Script()), read_config())
        code, result = play(bot, stop, scheduled=os.environ.get("IS_SCHEDULED") == "true")
        stop.deaf = True  # inside the block: a signal either is caught here or does not raise any more
    except KeyboardInterrupt:
        code, result = 0, TERMINATED
    if result is not None:
        write_result(result)
    stop.end()
    sys.exit(code)


if __name__ == "__main__":
    run()
elif __name__ == "__mp_main__":
    give_way()
    sys.meta_path.insert(0, Script())
