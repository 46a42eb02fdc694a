"""`run` and `bot-runner` as processes: signals, progress, exit codes, start lines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from click.testing import CliRunner
from tests.bin.world import World, container_of, running, spec_of

from the0_actors.actors.domain.answers import Disabled, DocumentAnswer, Held, Malformed, Wanted
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.schedules import Basis, ScheduleAnswer, Scheduled
from the0_actors.actors.schedule.timetable import read_timetable
from the0_actors.bin.lifecycle import Inbox, Signalled, signals_into
from the0_actors.bin.main import cli

ROOT = Path(__file__).parents[2]
MINIO = {"MINIO_ENDPOINT": "s3:9000", "MINIO_ACCESS_KEY": "the-access-key", "MINIO_SECRET_KEY": "the-secret-key"}
PRETTY = ("run", "--no-examples", "--log-format", "pretty")


class Child:
    """One process of the command line."""

    def __init__(self, behaviour: str, *args: str, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("child.py")), behaviour, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": "/tmp", "PYTHONPATH": str(ROOT / "lib"), **env},
        )
        self.seen: list[str] = []

    def until(self, text: str) -> None:
        """Read standard output up to a line with `text`; the test's own time-out bounds it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(line)
            if text in line:
                return
        raise AssertionError(f"{text!r} never came; got {self.seen}")

    def heard(self, text: str) -> None:
        """Read standard error up to a line with `text`."""
        assert self.process.stderr is not None
        assert any(text in line for line in self.process.stderr)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def insist(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal again and again until the process ends: one that comes too soon counts as an echo."""
        while self.process.poll() is None:
            self.send(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        return self.end()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, "".join(self.seen) + out, err


Spawn = Callable[..., Child]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    children: list[Child] = []

    def make(behaviour: str, *args: str, **env: str) -> Child:
        children.append(Child(behaviour, *args, env=env))
        return children[-1]

    yield make
    for child in children:
        child.process.kill()
        child.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_in_order_with_progress(spawn: Spawn, number: signal.Signals) -> None:
    child = spawn("good", *PRETTY)
    child.until("running; Ctrl-C ends")
    assert child.seen[-2:] == ["building images\n", "running; Ctrl-C ends\n"]
    child.send(number)
    code, out, err = child.end()
    assert code == 0
    assert f"{number.name}: ending; once more leaves at once" in out
    assert "bots: 1 of 2 left" in out
    assert "CALL stop stop" in err  # the embedded default
    assert out.splitlines()[-1] == "nothing is left running (2 bots stopped)"
    assert "abandon" not in err


def test_p64_bots_are_kept_and_the_last_line_says_how_many(spawn: Spawn) -> None:
    child = spawn("good", *PRETTY, "--mongo-uri", "mongodb://db", **MINIO)
    child.until("running")
    child.send(signal.SIGTERM)
    code, out, err = child.end()
    assert code == 0
    assert "CALL stop keep" in err
    assert out.splitlines()[-1] == "2 bots keep running and will be adopted; `the0-actors down` stops them"


def test_the_second_signal_leaves_now(spawn: Spawn) -> None:
    child = spawn("block-stop", *PRETTY)
    child.until("running")
    child.send(signal.SIGINT)
    child.until("1 of 2 left")
    code, out, err = child.insist(signal.SIGINT)
    assert code == 130
    assert "CALL abandon" in err
    assert "left now" in out


def test_an_echo_of_the_first_signal_is_not_a_second_one() -> None:
    """As `timeout` does it: once to the process, once to its group."""
    inbox: Inbox = SimpleQueue()
    moments = iter([10.0, 10.01, 10.24, 10.26])
    with signals_into(inbox, lambda: next(moments)):
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            signal.raise_signal(number)
    assert [inbox.get_nowait(), inbox.get_nowait()] == [Signalled("SIGINT"), Signalled("SIGINT")]
    assert inbox.empty()


def test_p74_a_signal_is_heard_while_the_start_hangs(spawn: Spawn) -> None:
    child = spawn("block-start", *PRETTY)
    child.heard("CALL start")
    child.send(signal.SIGTERM)
    assert child.end()[0] == 0


def test_what_may_still_run_is_a_failure_and_is_named(spawn: Spawn) -> None:
    child = spawn("stuck", *PRETTY)
    child.until("running")
    child.send(signal.SIGTERM)
    code, out, _ = child.end()
    assert code == 1
    assert "1 bot may still run: b" in out


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        ("port-in-use", 5, "cannot start: cannot listen on 127.0.0.1:8080"),
        ("unreachable", 3, "cannot start: mongodb is unavailable"),
        ("gives-up", 1, "the root supervisor gave up"),
    ],
)
def test_a_failed_start_is_one_line_and_a_code(spawn: Spawn, behaviour: str, code: int, said: str) -> None:
    ended, out, err = spawn(behaviour, *PRETTY).end()
    assert ended == code
    assert sum(said in line for line in out.splitlines()) == 1
    assert "Traceback" not in out + err
    assert spawn(behaviour, "bot-runner", **MINIO).end()[0] == 1  # upstream's name, upstream's code


def test_a_bug_is_not_hidden(spawn: Spawn) -> None:
    code, _, err = spawn("bug", *PRETTY).end()
    assert code == 1
    assert "ZeroDivisionError" in err


def test_bad_settings_are_one_line_each(spawn: Spawn) -> None:
    code, out, err = spawn("good", "run", "--reconcile-interval", "0s", "--mode", "vm", BOT_CPU_SHARES="x").end()
    assert code == 2
    assert out == ""
    assert [line.split(":")[1].strip() for line in err.splitlines()] == [
        "BOT_CPU_SHARES",
        "--mode",
        "--reconcile-interval",
    ]
    assert spawn("good", "bot-runner").end()[0] == 1
    assert spawn("good", "bot-runner", "--no-such-flag").end()[0] == 1
    assert spawn("good", "run", "--no-such-flag").end()[0] == 2


def test_the_start_tells_settings_sources_and_what_is_embedded(spawn: Spawn) -> None:
    child = spawn("good", *PRETTY, "--mode", "process", TEMP_DIR="/x", LOG_LEVEL="warn")
    child.until("running")
    out = "".join(child.seen)
    assert "--mode                 process  (--mode)" in out
    assert "--log-level            warn  (LOG_LEVEL)" in out
    assert "embedded: mongodb, nats, objects under /tmp/.local/share/the0-actors" in out
    assert "without any isolation" in out
    assert sum("TEMP_DIR" in line for line in out.splitlines()) == 1


def test_a_pipe_gets_json_lines_alone_and_no_secret(spawn: Spawn) -> None:
    uri = "mongodb://me:hush-hush@db"
    child = spawn("good", "--mongo-uri", uri, "bot-runner", "--nats-url", "t0ken@nats", RUNTIME_IMAGE="x", **MINIO)
    child.until('"running"')
    child.send(signal.SIGTERM)
    code, out, err = child.end()
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert all({"time", "level", "msg"} <= set(line) for line in lines)
    settings = next(line for line in lines if line["msg"] == "settings")
    assert settings["mongo_uri"] == "mongodb://me:***@db"
    assert [line["names"] for line in lines if line["level"] == "WARN"] == [["RUNTIME_IMAGE"]]
    for secret in ("hush", "t0ken", "the-secret", "the-access"):
        assert secret not in out + err


def test_dry_run_tells_and_does_nothing() -> None:
    answers: dict[str, DocumentAnswer] = {
        "adopted": Wanted(spec_of("adopted")),
        "changed": Wanted(spec_of("changed", "2.0.0")),
        "new": Wanted(spec_of("new")),
        "ended": Wanted(spec_of("ended")),
        "go": Wanted(spec_of("go")),
        "off": Disabled(),
        "off-and-gone": Disabled(),
        "held": Held("by hand"),
        "odd": Malformed("config is no document"),
    }
    world = World(answers=answers, containers=running("adopted", "changed", "off", "held", "deleted", "odd"))
    world.containers |= running("go", "go-unknown", installation=None)
    world.containers |= running("ended", status=container_of("x").status.EXITED)
    before = dict(world.containers)
    result = CliRunner().invoke(cli, ["run", "--dry-run"], obj=world.environment(), env={"MONGO_URI": ""})
    assert result.exit_code == 0, result.output
    deeds = dict(
        line.split()[1::-1]
        for line in result.output.splitlines()
        if line.split()[0] in {"adopt", "replace", "start", "stop", "leave"}
    )
    assert deeds == {
        "adopted": "adopt",
        "changed": "replace",
        "deleted": "stop",
        "ended": "start",
        "go": "replace",
        "held": "stop",
        "new": "start",
        "odd": "leave",
        "off": "stop",
    }
    assert result.stdout.splitlines()[0].startswith("adopt")
    assert "1 to adopt, 2 to replace, 2 to start, 3 to stop, 1 to leave; nothing was done" in result.output
    assert (world.containers, world.published, world.lease_taken) == (before, [], False)


def test_dry_run_respects_take_over_wait() -> None:
    world = World(answers={"go": Wanted(spec_of("go"))}, containers=running("go", installation=None))
    args = ["run", "--dry-run", "--take-over", "wait"]
    result = CliRunner().invoke(cli, args, obj=world.environment(), env={"MONGO_URI": ""})
    assert "1 to leave" in result.output


DAILY = read_timetable("0 9 * * *", "UTC")
NINE = 1_767_344_400
"""2026-01-02T09:00:00Z, an hour before the world's time."""


def scheduled(bot_id: str, due: int | None) -> Scheduled:
    spec = replace(spec_of(bot_id), kind=Kind.SCHEDULED)
    return Scheduled(spec, DAILY, timeout=60.0, next_due=due, basis=Basis("0 9 * * *", None, due))


def test_dry_run_says_when_schedules_run() -> None:
    answers: dict[str, ScheduleAnswer] = {
        "coming": scheduled("coming", NINE + 86400),
        "unset": scheduled("unset", None),
        "late": scheduled("late", NINE - 86400),
        "runs": scheduled("runs", NINE),
        "ended": scheduled("ended", NINE),
        "go": scheduled("go", NINE),
        "off": Disabled(),
        "off-and-runs": Disabled(),
        "odd": Malformed("config.schedule: no such month"),
    }
    world = World(answers={"bot": Wanted(spec_of("bot"))}, schedules=answers)
    world.containers = running("runs", "off-and-runs", "gone", kind=Kind.SCHEDULED)
    world.containers |= running("ended", kind=Kind.SCHEDULED, status=container_of("x").status.EXITED)
    world.containers |= running("go", kind=Kind.SCHEDULED, installation=None)
    before = dict(world.containers)
    result = CliRunner().invoke(cli, ["run", "--dry-run"], obj=world.environment(), env={"MONGO_URI": ""})
    assert result.exit_code == 0, result.output
    told = {line.split()[1]: line for line in result.stdout.splitlines()}
    assert {name: told[name].split()[0] for name in (*answers, "gone", "bot") if name in told} == {
        "bot": "start",
        "coming": "wait",
        "ended": "adopt",
        "go": "leave",
        "gone": "stop",
        "late": "start",
        "odd": "leave",
        "off-and-runs": "stop",
        "runs": "adopt",
        "unset": "wait",
    }
    assert "due at 2026-01-03T09:00:00Z" in told["unset"]
    assert "was due at 2026-01-02T09:00:00Z and runs late" in told["late"]
    assert world.containers == before
    assert not world.lease_taken


@pytest.mark.parametrize(("only", "told"), [("realtime", "start    bot"), ("scheduled", "wait     coming")])
def test_dry_run_of_one_kind_leaves_the_other_out(only: str, told: str) -> None:
    world = World(answers={"bot": Wanted(spec_of("bot"))}, schedules={"coming": scheduled("coming", NINE + 86400)})
    world.containers = running("job", kind=Kind.SCHEDULED) | running("other")
    args = ["run", "--dry-run", "--only", only]
    result = CliRunner().invoke(cli, args, obj=world.environment(), env={"MONGO_URI": ""})
    assert told in result.stdout
    assert len(result.stdout.splitlines()) == 3


def test_what_was_missed_too_long_ago_waits_for_its_next_time() -> None:
    world = World(schedules={"a": scheduled("a", NINE)}, time=NINE + 7200.0)
    args = ["run", "--dry-run", "--late-window", "1h"]
    result = CliRunner().invoke(cli, args, obj=world.environment(), env={"MONGO_URI": ""})
    assert "missed at 2026-01-02T09:00:00Z, too long ago to run late; due at 2026-01-03T09:00:00Z" in result.stdout
