"""The commands that ask a running runtime: over a real server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.adapters.http.samples import LOOPING, RECORDS, RUNNING, STATUS, FixedRuntime

from the0_actors.actors.ports.status import Command
from the0_actors.adapters.http.server import StatusServer
from the0_actors.bin.main import COMPLETION, cli
from the0_actors.bin.render import render_status
from the0_actors.bin.render_bot import render_bot
from the0_actors.bin.render_runs import render_runs

ROOT = Path(__file__).parents[2]
SCRIPT = str(ROOT / "bin" / "the0-actors")


def one_log(bot_id: str, tail: int, follow: bool) -> Iterator[bytes] | None:
    return iter([f"tail {tail} follow {follow}\n".encode(), b"\xff\n"]) if bot_id == RUNNING.bot_id else None


@pytest.fixture
def runtime() -> FixedRuntime:
    return FixedRuntime()


@pytest.fixture
def url(runtime: FixedRuntime) -> Iterator[str]:
    server = StatusServer(runtime, "127.0.0.1", 0, logs=one_log)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def invoke(url: str, *args: str) -> Result:
    return CliRunner().invoke(cli, args, env={"THE0_URL": url})


def test_status_shows_tree_bots_states_reasons(url: str) -> None:
    result = invoke(url, "status", "--tree")
    assert result.exit_code == 0, result.output
    for text in (
        RUNNING.bot_id,
        "crash-looping",
        LOOPING.reason,
        "1m30s",
        "fleet",
        "restarts 1",
        "waiting 3",
        "ALARM  ",
    ):
        assert text in result.output
    assert "\x1b" not in result.output


def test_status_of_one_bot_shows_its_last_transitions(url: str) -> None:
    result = invoke(url, "status", LOOPING.bot_id)
    assert result.exit_code == 0
    assert "2026-01-02 10:00:00Z  running" in result.output


@pytest.mark.parametrize("command", list(Command))
def test_a_command_that_cannot_be_carried_out_now_fails_with_the_reason(
    url: str, runtime: FixedRuntime, command: Command
) -> None:
    runtime.hindrance = "`stop` is kept in the database, and that is away since 42 s"
    result = invoke(url, command, RUNNING.bot_id)
    assert result.exit_code == 3
    assert "away since 42 s" in result.output


def test_p71_the_failures_own_words_reach_the_operator(url: str) -> None:
    result = invoke(url, "status", LOOPING.bot_id)
    assert "exit code 1" in result.output
    assert "ValueError: no API key" in result.output


def test_status_as_json(url: str) -> None:
    whole = json.loads(invoke(url, "status", "--json").output)
    assert whole == json.loads(json.dumps(asdict(STATUS)))
    one = json.loads(invoke(url, "status", RUNNING.bot_id, "--json").output)
    assert one["phase"] == "running"


@pytest.mark.parametrize("command", list(Command))
def test_control(url: str, runtime: FixedRuntime, command: Command) -> None:
    result = invoke(url, command, RUNNING.bot_id)
    assert result.exit_code == 0, result.output
    assert "accepted" in result.output
    assert runtime.commands == [(RUNNING.bot_id, command)]


def test_confirm_stops_shows_who_is_held_and_confirms_these(url: str, runtime: FixedRuntime) -> None:
    result = CliRunner().invoke(cli, ["confirm-stops"], input="y\n", env={"THE0_URL": url})
    assert result.exit_code == 0, result.output
    assert f"{LOOPING.bot_id}  {LOOPING.name}" in result.output
    assert "confirmed 1 of 1" in result.output
    assert runtime.confirmed == [frozenset({LOOPING.bot_id})]


def test_confirm_stops_asks_first(url: str, runtime: FixedRuntime) -> None:
    result = CliRunner().invoke(cli, ["confirm-stops"], input="n\n", env={"THE0_URL": url})
    assert (result.exit_code, runtime.confirmed) == (1, [])


def test_confirm_stops_of_named_bots_confirms_those_that_are_held(url: str, runtime: FixedRuntime) -> None:
    assert invoke(url, "confirm-stops", "--yes", LOOPING.name).exit_code == 0
    assert runtime.confirmed == [frozenset({LOOPING.bot_id})]
    assert "none of these is held" in invoke(url, "confirm-stops", "--yes", RUNNING.bot_id).output
    assert invoke(url, "confirm-stops", "nobody").exit_code == 4
    runtime.present = replace(STATUS, held=())
    assert "no stop is held" in invoke(url, "confirm-stops").output
    assert len(runtime.confirmed) == 1


def test_logs(url: str) -> None:
    result = invoke(url, "logs", "-f", "--tail", "7", RUNNING.bot_id)
    assert result.exit_code == 0
    assert result.stdout_bytes == b"tail 7 follow True\n\xff\n"


def test_runs_of_a_schedule(url: str) -> None:
    result = invoke(url, "runs", RUNNING.name)
    assert result.exit_code == 0, result.output
    assert "failed" in result.output
    heads, failed, missed = (click.unstyle(line) for line in render_runs(RECORDS, 160))
    assert heads.split() == ["DUE", "OUTCOME", "SLOTS", "LATE", "TOOK", "CODE", "RESULT", "REASON"]
    assert failed.split()[:4] == ["2026-01-02", "10:00:00Z", "failed", "1"]
    assert failed.split()[4:] == ["1s", "1m1s", "1", "stored", "exit", "code", "1"]
    assert missed.startswith("2026-01-02 08:00:00Z to 2026-01-02 09:00:00Z  missed")


def test_runs_on_a_narrow_terminal_have_their_reasons_below() -> None:
    lines = list(render_runs(RECORDS, 40))
    assert lines[2:3] == ["  exit code 1"]
    assert list(render_runs((), 80)) == ["no slot was due yet"]


def test_runs_as_json(url: str) -> None:
    (one,) = json.loads(invoke(url, "runs", RUNNING.bot_id, "--limit", "1", "--json").output)
    assert (one["outcome"], one["exit_code"], one["log_tail"]) == ("failed", 1, "no API key\n")


def test_a_bot_without_a_schedule_has_no_runs(url: str) -> None:
    result = invoke(url, "runs", LOOPING.bot_id)
    assert result.exit_code == 4
    assert "is not scheduled" in result.output


def test_ctrl_c_while_following_is_exit_code_130_and_frees_the_server() -> None:
    left = threading.Event()

    def logs(_: str, __: int, ___: bool) -> Iterator[bytes]:
        try:
            yield b"hello\n"
            while not left.wait(0.01):
                yield b""
        finally:
            left.set()

    server = StatusServer(FixedRuntime(), "127.0.0.1", 0, logs=logs)
    server.start()
    with subprocess.Popen(
        [sys.executable, SCRIPT, "logs", "-f", "x", "--url", f"127.0.0.1:{server.port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
        # A shell's background job ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"hello\n"
        while child.poll() is None:  # once is enough, but for the moment before the read falls asleep
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(8)
        _, err = child.communicate()
    assert (child.returncode, err) == (130, b"")
    assert left.wait(10)
    server.close()


@pytest.mark.parametrize("args", [("status", "x"), ("logs", "x"), ("restart", "x"), ("stop", "x"), ("resume", "x")])
def test_an_unknown_bot_is_exit_code_4(url: str, args: tuple[str, ...]) -> None:
    result = invoke(url, *args)
    assert result.exit_code == 4
    assert "no bot 'x'" in result.output


@pytest.mark.parametrize("args", [("status",), ("logs", "x"), ("stop", "x")])
def test_no_runtime_is_exit_code_3_and_one_line(args: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = invoke(f"127.0.0.1:{taken.getsockname()[1]}", *args)
    assert result.exit_code == 3
    assert "no runtime answers on http://127.0.0.1:" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("command", list(Command))
def test_a_bot_is_found_by_its_name(url: str, runtime: FixedRuntime, command: Command) -> None:
    assert invoke(url, "status", "eth-grid").output.startswith(
        "eth-grid  crash-looping\n  id:          " + LOOPING.bot_id
    )
    assert invoke(url, "logs", "btc-sma", "--tail", "1").stdout_bytes == b"tail 1 follow False\n\xff\n"
    result = invoke(url, command, "eth-grid")
    assert f"{command} of {LOOPING.bot_id} accepted" in result.output
    assert runtime.commands[-1] == (LOOPING.bot_id, command)


@pytest.mark.parametrize("args", [("status",), ("logs",), ("restart",), ("stop",), ("resume",)])
def test_a_name_that_several_bots_have_is_refused_and_their_ids_are_named(
    url: str, runtime: FixedRuntime, args: tuple[str, ...]
) -> None:
    runtime.present = replace(STATUS, bots=(RUNNING, replace(LOOPING, name="btc-sma")))
    result = invoke(url, *args, "btc-sma")
    assert result.exit_code == 2
    assert f"2 bots are called 'btc-sma'; give the id of one: {RUNNING.bot_id}, {LOOPING.bot_id}" in result.output


def test_an_id_wins_over_a_name(url: str, runtime: FixedRuntime) -> None:
    runtime.present = replace(STATUS, bots=(RUNNING, replace(LOOPING, name=RUNNING.bot_id)))
    assert "btc-sma" in invoke(url, "status", RUNNING.bot_id).output


def test_bot_ids_are_completed(url: str) -> None:
    for command in ("status", "logs", "restart"):
        env = {COMPLETION: "bash_complete", "COMP_WORDS": f"the0-actors {command} --url {url} k3", "COMP_CWORD": "4"}
        result = CliRunner().invoke(cli, prog_name="the0-actors", complete_var=COMPLETION, env=env)
        assert result.output == f"plain,{RUNNING.bot_id}\n"


def test_names_of_bots_are_completed(url: str) -> None:
    env = {COMPLETION: "bash_complete", "COMP_WORDS": f"the0-actors status --url {url} btc", "COMP_CWORD": "4"}
    result = CliRunner().invoke(cli, prog_name="the0-actors", complete_var=COMPLETION, env=env)
    assert result.output == "plain,btc-sma\n"


def test_bots_that_are_held_are_completed(url: str) -> None:
    env = {COMPLETION: "bash_complete", "COMP_WORDS": f"the0-actors confirm-stops --url {url} ", "COMP_CWORD": "4"}
    result = CliRunner().invoke(cli, prog_name="the0-actors", complete_var=COMPLETION, env=env)
    assert result.output.strip().endswith(LOOPING.bot_id)
    assert RUNNING.bot_id not in result.output


def test_completion_without_a_runtime_is_silent() -> None:
    env = {COMPLETION: "bash_complete", "COMP_WORDS": "the0-actors stop --url 127.0.0.1:1 ", "COMP_CWORD": "4"}
    result = CliRunner().invoke(cli, prog_name="the0-actors", complete_var=COMPLETION, env=env)
    assert result.output.strip() == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert COMPLETION in result.output


def test_what_a_bot_printed_cannot_steer_the_terminal() -> None:
    evil = replace(LOOPING, reason="\x1b[2Jgone", log_tail="\x1b]0;title\x07\nok", bot_id="\x1bx")
    text = "\n".join([*render_bot(evil, 80), *render_status(replace(STATUS, bots=(evil,)), 80)])
    assert "\x1b" not in click.unstyle(text)
    assert "\x07" not in text


def test_no_color_is_respected_on_a_terminal(url: str) -> None:
    def coloured(**env: str) -> bool:
        result = CliRunner().invoke(cli, ["status"], env={"THE0_URL": url, **env}, color=True)
        return "\x1b" in result.output

    assert coloured()
    assert not coloured(NO_COLOR="1")


def test_colours_only_on_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "status", "--url", "127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
