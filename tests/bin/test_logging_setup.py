"""The log's form. P72. In processes of their own, since it is global."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = """
import logging, sys, structlog
from the0_actors.bin.logging_setup import configure_logging
from the0_actors.supervisors.settings import LogFormat, LogLevel, Logging
configure_logging(Logging(LogLevel(sys.argv[1]), LogFormat(sys.argv[2])), sys.stdout)
log = structlog.get_logger("the0_actors.actors.bot").bind(bot_id="b1")
"""


def script(code: str, level: str = "info", form: str = "json") -> str:
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code, level, form],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "lib")},
    )
    assert done.stderr == ""
    return done.stdout


def test_utl_12_one_json_line_with_level_msg_and_cause() -> None:
    line = json.loads(script("log.warning('bot_parked', reason='no entry point')"))
    assert list(line)[:3] == ["time", "level", "msg"]
    assert (line["level"], line["msg"], line["bot_id"], line["reason"]) == (
        "WARN",
        "bot_parked",
        "b1",
        "no entry point",
    )


@pytest.mark.parametrize(("level", "shown"), [("debug", 4), ("info", 3), ("warn", 2), ("error", 1)])
def test_utl_11_utl_13_levels(level: str, shown: int) -> None:
    code = "log.debug('a'); log.info('b'); log.warning('c'); log.error('d')"
    assert len(script(code, level).splitlines()) == shown


def test_an_exception_is_one_json_line() -> None:
    line = json.loads(script("try:\n  1/0\nexcept ZeroDivisionError:\n  log.exception('failed')"))
    assert line["level"] == "ERROR"
    assert "ZeroDivisionError" in line["exception"]


@pytest.mark.parametrize("name", ["pymongo", "nats", "urllib3", "docker", "pykka"])
def test_p72_client_libraries_are_heard_from_warning_on(name: str) -> None:
    code = f"l = logging.getLogger('{name}'); l.debug('x'); l.info('connected'); l.warning('gave up on %s', 'it')"
    (line,) = [json.loads(line) for line in script(code, "debug").splitlines()]
    assert (line["level"], line["msg"], line["logger"]) == ("WARN", "gave up on it", name)
    assert script(code, "error") == ""


def test_p72_a_retry_is_no_news() -> None:
    code = "l = logging.getLogger('urllib3.connectionpool'); l.warning('Retrying'); l.error('broken')"
    assert [json.loads(line)["msg"] for line in script(code, "info").splitlines()] == ["broken"]


def test_pretty_lines_are_for_people() -> None:
    text = script("log.info('bot_started', reason='new')", form="pretty")
    assert "bot_started" in text
    assert "bot_id" in text
    assert "\x1b" not in text


def test_importing_the_package_leaves_the_root_logger_alone() -> None:
    code = "import logging, structlog, the0_actors.bin.main; print(logging.root.handlers, structlog.is_configured())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "lib")}
    )
    assert done.stdout == "[] False\n"
