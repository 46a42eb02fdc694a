"""The embedding example runs, and embedding leaves the process as it was."""

import logging
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pykka
import structlog
from tests.parts.waiting import until

from the0_actors import Runtime, TreeSettings
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.ports.status import Phase, RuntimeStatus
from the0_actors.adapters.testing.engine_world import EngineWorld
from the0_actors.adapters.testing.store import StoreWorld

ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT}/{name}/" for name in ("actors", "adapters", "bin", "lib", "supervisors"))
SERVICE = ROOT / "examples" / "embedding" / "service.py"


def serve() -> RuntimeStatus:
    status = runpy.run_path(str(SERVICE))["serve"]()
    assert isinstance(status, RuntimeStatus)
    return status


def test_the_service_runs_its_bot() -> None:
    status = serve()
    assert [(bot.bot_id, bot.phase) for bot in status.bots] == [("bot-1", Phase.RUNNING)]
    assert (status.mode, status.role, status.ready) == ("fake", "active", True)


def test_nothing_global_is_touched() -> None:
    def world() -> object:
        signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)]
        root = logging.getLogger()
        return signals, root.level, list(root.handlers), structlog.is_configured(), threading.excepthook

    before, threads = world(), set(threading.enumerate())
    serve()
    assert world() == before
    assert pykka.ActorRegistry.get_all() == []
    assert set(threading.enumerate()) <= threads


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (ROOT / "docs" / "embedding.md").read_text()
    shown = page.split("```python\n", 1)[1].split("```", 1)[0]
    assert shown == SERVICE.read_text()


def test_each_module_loads_once_under_one_name() -> None:
    program = (
        "import sys, the0_actors.bin.main, the0_actors.supervisors.wiring; from collections import Counter; import os;"
        "paths = [getattr(module, '__file__', None) for module in list(sys.modules.values())];"
        "files = Counter(os.path.realpath(path) for path in paths if path);"
        f"print([f for f, n in files.items() if n > 1 and f.startswith({OURS!r})],"
        " [n for n in sys.modules if n.split('.')[0] in {'actors', 'adapters', 'supervisors', 'bin'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/",
        env={"PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[] []"


def test_the_import_costs_no_client_library() -> None:
    program = (
        "import sys, the0_actors;"
        "heavy = {'docker', 'pymongo', 'nats', 'minio', 'pykka', 'structlog', 'click'};"
        "print(sorted(heavy & set(sys.modules)));"
        "missing = [name for name in the0_actors.__all__ if not hasattr(the0_actors, name)]; print(missing);"
        "print(sorted({'docker', 'pymongo', 'nats', 'minio', 'click'} & set(sys.modules)), hasattr(the0_actors, 'x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/",
        env={"PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[] False"]


def test_p42_two_runtimes_with_the_same_settings_are_two_holders_of_the_lease() -> None:
    clock, settings = SystemClock(), TreeSettings()
    engine, store = EngineWorld(clock), StoreWorld(clock)
    ports = runpy.run_path(str(SERVICE))["my_ports"](engine, store)
    with Runtime(ports, settings) as first:
        until(lambda: first.status_role() == "active", "one is active")
        with Runtime(ports, settings) as second:
            until(lambda: second.status_role() == "standby", "the other stands by")
            assert first.status_role() == "active"
