"""A tree of supervisors on the stepper, and workers who note what happens to them."""

from typing import Any

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.supervisors.child_spec import Backoff, ChildSpec
from the0_actors.supervisors.reports import Report, What
from the0_actors.supervisors.supervisor import Supervisor, start_root

AT_ONCE = Backoff(0.0, 0.0)


BOOM = ValueError("boom")


class World:
    """A tree on the stepper, and everything it tells."""

    def __init__(self, seed: int = 1) -> None:
        self.stepper = Stepper(seed)
        self.system: ActorSystem = self.stepper.system()
        self.log: list[str] = []
        self.reports: list[Report] = []
        self.ends: list[End] = []

    def report(self, report: Report) -> None:
        self.reports.append(report)

    def child(self, id_: str, **fields: Any) -> ChildSpec:
        fields.setdefault("backoff", AT_ONCE)
        return ChildSpec(id_, lambda: Worker(self), **fields)

    def supervisor(self, *specs: ChildSpec, **fields: Any) -> Supervisor:
        fields.setdefault("reporter", self.report)
        return Supervisor(specs, **fields)

    def start(self, *specs: ChildSpec, **fields: Any) -> Handle:
        root = start_root(self.system, self.supervisor(*specs, **fields), self.ends.append)
        self.stepper.settle()
        return root

    def tell(self, path: str, message: object, seconds: float = 0.0) -> None:
        self.system.handle(path).tell(message)
        self.stepper.run(seconds)

    def take_log(self) -> list[str]:
        taken, self.log = self.log, []
        return taken

    def whats(self, path: str) -> list[What]:
        return [report.what for report in self.reports if report.child == path]

    def stop(self) -> None:
        self.tell("/", Shutdown("the test is over"), 100)
        assert len(self.ends) == 1
        assert [handle for handle in self.system.handles() if handle.alive] == []
        assert len(self.stepper.timers) == 0


class Worker(Actor):
    """Notes its life; does what it is told."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def on_start(self) -> None:
        self.world.log.append(f"+{self.handle.path[1:]}")

    def on_receive(self, message: Any) -> Any:
        if message == "finish":
            self.finish()
        elif isinstance(message, BaseException):
            raise message
        return message

    def on_stop(self) -> None:
        self.world.log.append(f"-{self.handle.path[1:]}")


class Stubborn(Worker):
    """Does not stop."""

    def shut_down(self, message: Shutdown) -> bool:
        return False
