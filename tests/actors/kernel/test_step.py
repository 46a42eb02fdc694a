"""The step dispatcher: same seed, same trace, in every process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.errors import WouldWaitForEver
from the0_actors.actors.kernel.step import Stepper

LIB = Path(__file__).parents[3] / "lib"

SCENARIO = """
import sys
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.supervisors.child_spec import ChildSpec, Intensity
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild

stepper = Stepper(int(sys.argv[1]))
system = stepper.system()
lane = StepLane("calls", stepper, lambda: system.rng.uniform(0, 2))

class Busy(Actor):
    def on_receive(self, message):
        print(f"{stepper.clock.monotonic():.3f} {self.handle.path} {type(message).__name__}")
        if isinstance(message, int):
            if system.rng.random() < 0.2:
                raise ValueError("bad luck")
            lane.submit(self.handle.path, lambda: message - 1, self.handle, message, 1.0)
        elif message.value:
            system.after(0.5, self.handle, message.value)

def report(report):
    print(f"{stepper.clock.monotonic():.3f} {report.child} {report.what} {report.delay:.6f}")

root = system.handle("/")
system.spawn(root, lambda: DynamicSupervisor(intensity=Intensity(1000, 60), reporter=report))
for name in "abcdef":
    root.tell(StartChild(ChildSpec(name, Busy)))
stepper.run(1)
for name in "abcdef":
    system.handle(f"/{name}").tell(5)
stepper.run(30)
root.tell(Shutdown("done"))
stepper.run(5)
print(stepper.dispatcher.steps, stepper.clock.monotonic(), len(stepper.timers))
"""


def trace(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(LIB)}
    done = subprocess.run(
        [sys.executable, "-c", SCENARIO, str(seed)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_same_seed_same_trace_in_two_processes_whatever_their_hash_seed() -> None:
    first, second = trace(7, "1"), trace(7, "2")
    assert first == second
    assert first.count("restarting") > 1
    assert first.endswith(" 0\n"), "no timer is left"


def test_another_seed_is_another_interleaving() -> None:
    assert trace(7, "1") != trace(8, "1")


def test_waiting_for_an_answer_in_a_turn_of_a_simulation_is_an_error_not_a_hang() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    ends: list[End] = []

    class Asker(Actor):
        def on_receive(self, message: Any) -> None:
            self.handle.ask("myself").get()

    handle = system.handle("/asker")
    system.spawn(handle, Asker, ends.append)
    handle.tell("go")
    stepper.settle()
    assert WouldWaitForEver.__name__ in ends[0].reason


def test_a_message_loop_is_an_error_not_a_hang() -> None:
    stepper = Stepper(1)
    system = stepper.system()

    class Talker(Actor):
        def on_receive(self, message: Any) -> None:
            self.handle.tell(message)

    handle = system.handle("/talker")
    system.spawn(handle, Talker)
    handle.tell("again")
    with pytest.raises(RuntimeError, match="still busy"):
        stepper.settle(limit=100)
    assert stepper.dispatcher.snapshot().turns == 100
