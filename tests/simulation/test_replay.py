"""The same story is the same life in every process, however its strings hash; a failure says how to see it again."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.kinds import chosen, live
from tests.simulation.life import Life
from tests.simulation.story import Story

ROOT = Path(__file__).parents[2]


def simulation(*arguments: str, hash_seed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'lib'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)


def trace(seed: int, hash_seed: str, kind: str = "bots") -> list[str]:
    done = simulation("walk", str(seed), "--kind", kind, "--actions", "60", "--trace", hash_seed=hash_seed)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(("kind", "seed"), [("bots", 0), ("bots", 1), ("bots", 2), ("schedules", 0), ("schedules", 1)])
def test_same_seed_same_trace_in_two_processes_whatever_their_hash_seed(kind: str, seed: int) -> None:
    first, second = trace(seed, "1", kind), trace(seed, "4242", kind)
    assert [pair for pair in zip(first, second, strict=False) if pair[0] != pair[1]][:1] == []
    assert len(first) == len(second) > 1000


def test_another_seed_is_another_trace() -> None:
    assert trace(7, "1") != trace(8, "1")


@pytest.mark.parametrize("kind", ["bots", "schedules"])
def test_a_story_survives_being_told(kind: str) -> None:
    story = chosen(kind, 5, 40)
    again = Story.read(story.text())
    assert again == story
    assert live(again).ground.stepper.dispatcher.steps == live(story).ground.stepper.dispatcher.steps


def test_a_word_that_is_no_story_is_refused() -> None:
    with pytest.raises(ValueError, match="not a story"):
        Story.read("bm90aGluZw==")


def test_a_failure_prints_the_command_that_fails_again() -> None:
    life = Life(Story(3, left_over=["bot1"]))
    life.act("deploy", bot="bot0", version="2", grace=1.0)
    life.act("twin", bot="bot2")
    with pytest.raises(AssertionError) as failed:
        life.act("wait", seconds=1.0)
    (note,) = failed.value.__notes__
    command = re.fullmatch(r"replay: PYTHONPATH=lib:\. python -m tests\.simulation (.*)", note)
    assert command is not None
    again = simulation(*shlex.split(command[1]), hash_seed="9")
    assert again.returncode == 1
    assert str(failed.value) in again.stderr
    assert note in again.stderr
