"""Thirteen traps of the actor library: each `…_plain` shows pykka alone fall in, each `…_ours` the kernel pass by.

The plain tests are facts about pykka 4.5, kept so that we notice when one no longer holds and its cure can go.
"""

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, assert_type

import pykka
import pykka.messages
import pytest

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.errors import AlreadyLive, HandlerExit, MailboxFull
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.monitors import WatchedEnded
from the0_actors.actors.kernel.seam import Envelope
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.supervisors.child_spec import ChildSpec
from the0_actors.supervisors.supervisor import Supervisor, start_root

PATIENCE = 20.0
"""Seconds for what must happen."""
MOMENT = 0.05
"""Seconds for what must not."""

thread_dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Plain(pykka.ThreadingActor):
    """Pykka alone, with its thread at hand."""

    use_daemon_thread = True
    thread: threading.Thread

    def _actor_loop(self) -> None:
        self.thread = threading.current_thread()
        super()._actor_loop()

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message() if callable(message) else message


class Ours(Actor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message() if callable(message) else message


def start(kind: type[Plain]) -> tuple[pykka.ActorRef[Plain], Plain]:
    ref: pykka.ActorRef[Plain] = kind.start()
    actor = ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    assert actor is not None
    return ref, actor


def ended(actor: Plain) -> None:
    """Wait until an actor's thread is over."""
    actor.thread.join(PATIENCE)
    assert not actor.thread.is_alive()


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    yield
    for ref in pykka.ActorRegistry.get_all():
        if issubclass(ref.actor_class, Plain):
            ref.actor_inbox.put(Envelope(pykka.messages._ActorStop()))  # pyright: ignore[reportPrivateUsage]
            pykka.ActorRegistry.unregister(ref)


class World:
    """Ours on the stepper."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.system: ActorSystem = self.stepper.system()
        self.ends: list[End] = []

    def spawn(self, kind: Callable[[], Actor] = Ours, path: str = "/ours") -> Handle:
        handle = self.system.handle(path)
        self.system.spawn(handle, kind, self.ends.append)
        self.stepper.settle()
        return handle


@pytest.fixture
def world() -> World:
    return World()


# 1: an ask between `stop` and the end of the actor is lost


def test_trap01_lost_ask_plain() -> None:
    ref, actor = start(Plain)
    assert ref.is_alive(), "the asker looks"
    ref.stop(timeout=PATIENCE)
    ended(actor)
    future = pykka.ThreadingFuture[Any]()
    ref.actor_inbox.put(Envelope("question", reply_to=future))  # and then puts, as ActorRef.ask does
    with pytest.raises(pykka.Timeout):
        future.get(timeout=MOMENT)


def test_trap01_lost_ask_ours(world: World) -> None:
    handle = world.spawn()
    assert handle.actor is not None
    mailbox = handle.actor.mailbox
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    future = Future()
    mailbox.put(Envelope("question", reply_to=future))
    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=0)


# 2: a failing on_start is told to nobody


class PlainFailingStart(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[str] = []

    def on_start(self) -> None:
        raise ValueError("does not come up")

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        self.hooks.append("on_failure")

    def on_stop(self) -> None:
        self.hooks.append("on_stop")


def test_trap02_invisible_failure_plain() -> None:
    _, actor = start(PlainFailingStart)
    ended(actor)
    assert isinstance(actor, PlainFailingStart)
    assert actor.hooks == []


def test_trap02_invisible_failure_ours(world: World) -> None:
    class FailingStart(Ours):
        def on_start(self) -> None:
            raise ValueError("does not come up")

    world.spawn(FailingStart)
    assert [(end.failed, end.reason) for end in world.ends] == [(True, "ValueError: does not come up")]


# 3: an ask that fails leaves the actor running in whatever state it is in


def test_trap03_failing_ask_plain() -> None:
    ref, _ = start(Plain)
    with pytest.raises(ValueError, match="boom"):
        ref.ask(ValueError("boom"), timeout=PATIENCE)
    assert ref.is_alive()


def test_trap03_failing_ask_ours(world: World) -> None:
    future = world.spawn().ask(ValueError("boom"))
    world.stepper.settle()
    with pytest.raises(ValueError, match="boom"):
        future.get(timeout=0)
    assert [end.failed for end in world.ends] == [True]


# 4: a SystemExit in one actor stops all, or leaves a zombie


def test_trap04_system_exit_plain() -> None:
    ref, actor = start(Plain)
    bystander, _ = start(Plain)
    future = ref.ask(SystemExit(3), block=False)
    ended(actor)
    assert bystander.actor_stopped.wait(PATIENCE), "all actors of the process were stopped"
    with pytest.raises(pykka.Timeout):
        future.get(timeout=MOMENT)


@thread_dies
def test_trap04_system_exit_in_on_start_plain() -> None:
    class Exiting(Plain):
        def on_start(self) -> None:
            raise SystemExit(3)

    ref, actor = start(Exiting)
    ended(actor)
    assert ref.is_alive(), "a zombie: registered, alive, deaf"
    assert ref in pykka.ActorRegistry.get_all()


@thread_dies
def test_trap04_system_exit_in_on_stop_plain() -> None:
    class Exiting(Plain):
        def on_stop(self) -> None:
            raise SystemExit(3)

    ref, actor = start(Exiting)
    stopped = ref.stop(block=False)
    ended(actor)
    with pytest.raises(pykka.Timeout):
        stopped.get(timeout=MOMENT)
    for other in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(other)


def test_trap04_system_exit_ours(world: World) -> None:
    handle, bystander = world.spawn(), world.spawn(path="/bystander")
    future = handle.ask(SystemExit(3))
    world.stepper.settle()
    with pytest.raises(HandlerExit):
        future.get(timeout=0)
    assert (handle.alive, bystander.alive) == (False, True)


@pytest.mark.parametrize("hook", ["on_start", "on_stop"])
def test_trap04_system_exit_in_a_hook_ours(world: World, hook: str) -> None:
    def leave(_self: Actor) -> None:
        raise SystemExit(3)

    exiting: Callable[[], Actor] = type("Exiting", (Ours,), {hook: leave})
    handle = world.spawn(exiting)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    assert [(end.failed, end.reason) for end in world.ends] == [(True, "SystemExit: 3")]
    assert not handle.alive


# 5: "stopped" comes before "cleaned up"


def test_trap05_stopped_before_cleaned_up_plain() -> None:
    seen: list[tuple[bool, bool]] = []

    class Cleaning(Plain):
        def on_stop(self) -> None:
            seen.append((self.actor_ref.is_alive(), self.actor_ref in pykka.ActorRegistry.get_all()))

    start(Cleaning)[0].stop(timeout=PATIENCE)
    assert seen == [(False, False)], "whoever restarts on these overlaps the cleaning up"


def test_trap05_stopped_before_cleaned_up_ours(world: World) -> None:
    seen: list[object] = []

    class Cleaning(Ours):
        def on_stop(self) -> None:
            seen.append(self.handle.alive)
            seen.append(list(world.ends))
            with pytest.raises(AlreadyLive):
                self.system.spawn(self.handle, Ours)

    handle = world.spawn(Cleaning)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    assert seen == [True, []]
    assert len(world.ends) == 1


# 6: a stop waits behind all that was told before; an actor that stops itself and waits never does


def test_trap06_stop_is_only_first_in_first_out_plain() -> None:
    gate, handled = threading.Event(), list[int]()
    ref, _ = start(Plain)
    ref.tell(partial(gate.wait, PATIENCE))
    for number in range(10):
        ref.tell(partial(handled.append, number))
    stopped = ref.stop(block=False)
    gate.set()
    assert stopped.get(timeout=PATIENCE)
    assert len(handled) == 10


def test_trap06_stopping_oneself_plain() -> None:
    ref, _ = start(Plain)
    with pytest.raises(pykka.Timeout):
        ref.ask(lambda: ref.stop(timeout=MOMENT), timeout=PATIENCE)


def test_trap06_stop_is_only_first_in_first_out_ours(world: World) -> None:
    handled: list[int] = []
    handle = world.spawn()
    for number in range(10):
        handle.tell(partial(handled.append, number))
    handle.tell(Shutdown("now"))
    world.stepper.settle()
    assert handled == []
    assert world.system.dead_letters.count == 10


def test_trap06_stopping_oneself_ours(world: World) -> None:
    handle = world.spawn()
    actor = handle.actor
    assert actor is not None
    handle.tell(actor.finish)
    world.stepper.settle()
    assert [end.failed for end in world.ends] == [False]


# 7: stopping all gives up at the first that does not stop


def test_trap07_stop_all_gives_up_plain() -> None:
    gate = threading.Event()
    beside, _ = start(Plain)
    stuck, _ = start(Plain)
    stuck.tell(partial(gate.wait, PATIENCE))
    with pytest.raises(pykka.Timeout):
        pykka.ActorRegistry.stop_all(timeout=MOMENT)
    assert beside.is_alive()
    gate.set()


def test_trap07_stop_all_gives_up_ours() -> None:
    gate, began, over = threading.Event(), threading.Event(), threading.Event()

    class Stuck(Ours):
        def on_start(self) -> None:
            began.set()
            gate.wait(PATIENCE)

    with ThreadedSystem(workers=2) as system:
        specs = (ChildSpec("beside", Ours), ChildSpec("stuck", Stuck, shutdown=MOMENT))
        root = start_root(system, Supervisor(specs), lambda _end: over.set())
        assert began.wait(PATIENCE)
        root.tell(Shutdown("test"))
        assert over.wait(PATIENCE), "the stop resolves although one child's thread hangs"
        assert [handle.path for handle in system.handles() if handle.alive] == []
        gate.set()


# 8: an actor whose thread cannot be started is registered, alive and deaf


def no_more_threads(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_trap08_zombie_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", no_more_threads)
    with pytest.raises(RuntimeError):
        Plain.start()
    (zombie,) = pykka.ActorRegistry.get_by_class(Plain)
    assert zombie.is_alive()


def test_trap08_zombie_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadedSystem(workers=1) as system:
        monkeypatch.setattr(threading.Thread, "start", no_more_threads)
        handle = system.handle("/ours")
        system.spawn(handle, Ours)
        assert handle.ask("hello").get(timeout=PATIENCE) == "hello"


# 9: actors that wait for each other starve a pool


def nested(system: ThreadedSystem, kind: Callable[[], Future | pykka.ThreadingFuture[Any]], timeout: float) -> Any:
    """Ask three actors deep on a pool of two."""
    handles = [system.handle(f"/{number}") for number in range(3)]
    for handle in handles:
        system.spawn(handle, Ours)

    def ask(depth: int) -> Any:
        if depth == len(handles):
            return depth
        future = kind()
        mailbox = handles[depth].actor
        assert mailbox is not None
        mailbox.mailbox.put(Envelope(lambda: ask(depth + 1), reply_to=future))
        return future.get(timeout=timeout)

    return ask(0)


def test_trap09_starved_pool_with_plain_futures() -> None:
    with ThreadedSystem(workers=2) as system, pytest.raises(pykka.Timeout):
        nested(system, pykka.ThreadingFuture, MOMENT)


def test_trap09_starved_pool_ours() -> None:
    with ThreadedSystem(workers=2) as system:
        assert nested(system, Future, PATIENCE) == 3


# 10: futures hold their lock while a hook runs, swallow an exception, and block an event loop


def waits_behind_a_hook(future: "pykka.Future[Any]") -> bool:
    """Return whether a `get` with a short timeout waits as long as another's without one."""
    running, gate, over = threading.Event(), threading.Event(), threading.Event()

    def hook(_timeout: float | None) -> None:
        running.set()
        gate.wait(PATIENCE)

    def short() -> None:
        try:
            future.get(timeout=MOMENT)
        except pykka.Timeout:
            over.set()

    future.set_get_hook(hook)
    threads = [threading.Thread(target=future.get), threading.Thread(target=short)]
    threads[0].start()
    assert running.wait(PATIENCE)
    threads[1].start()
    waited = not over.wait(20 * MOMENT if isinstance(future, pykka.ThreadingFuture) else PATIENCE)
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    return waited


def test_trap10_lock_held_plain() -> None:
    assert waits_behind_a_hook(pykka.ThreadingFuture())


def test_trap10_lock_held_ours() -> None:
    assert not waits_behind_a_hook(Future())


def not_implemented(_value: object) -> None:
    raise NotImplementedError("not by the hook's caller")


def test_trap10_swallowed_exception_plain() -> None:
    future = pykka.ThreadingFuture[Any]()
    future.set(1)
    with pytest.raises(pykka.Timeout):
        future.map(not_implemented).get(timeout=MOMENT)


def test_trap10_swallowed_exception_ours() -> None:
    future = Future()
    future.set(1)
    with pytest.raises(NotImplementedError):
        future.map(not_implemented).get(timeout=MOMENT)


def loop_goes_on(future: "pykka.Future[Any]") -> bool:
    """Return whether an event loop does other work while it awaits a future."""
    worked = threading.Event()

    async def work() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        worked.set()

    async def both() -> None:
        async def wait() -> None:
            await future

        await asyncio.gather(wait(), work())

    def answer() -> None:
        in_time.append(worked.wait(10 * MOMENT))
        future.set()

    in_time: list[bool] = []
    thread = threading.Thread(target=answer)
    thread.start()
    asyncio.run(both())
    thread.join(PATIENCE)
    return in_time[0]


def test_trap10_blocked_loop_plain() -> None:
    assert not loop_goes_on(pykka.ThreadingFuture())


def test_trap10_blocked_loop_ours() -> None:
    assert loop_goes_on(Future())


# 11: a proxy keeps its actor from the garbage collector


def test_trap11_proxy_plain() -> None:
    ref, actor = start(Plain)
    proxy = ref.proxy()
    seen = weakref.ref(actor)
    ref.stop(timeout=PATIENCE)
    ended(actor)
    del actor
    gc.collect()
    assert seen() is not None
    del proxy


def test_trap11_proxy_ours(world: World) -> None:
    handle = world.spawn()
    seen = weakref.ref(handle.actor or world)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    gc.collect()
    assert seen() is None, "clients are functions over a handle, which holds nobody"
    assert handle.path == "/ours"


# 12: what is not there


def test_trap12_no_restart_plain() -> None:
    ref, actor = start(Plain)
    ref.tell(ValueError("boom"))
    ended(actor)
    start(Plain)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("who comes after is somebody else")


def test_trap12_no_restart_ours(world: World) -> None:
    handle = world.spawn()
    handle.tell(ValueError("boom"))
    world.stepper.settle()
    assert world.spawn() is handle
    future = handle.ask("hello")
    world.stepper.settle()
    assert future.get(timeout=0) == "hello"


def test_trap12_no_bound_plain() -> None:
    gate = threading.Event()
    ref, _ = start(Plain)
    ref.tell(partial(gate.wait, PATIENCE))
    for number in range(10_000):
        ref.tell(number)
    gate.set()


def test_trap12_no_bound_ours(world: World) -> None:
    class Bounded(Ours):
        @staticmethod
        def _create_actor_inbox() -> Mailbox:
            return Mailbox(capacity=10)

    handle = world.spawn(Bounded)
    assert sum(handle.tell(number) for number in range(100)) == 10
    with pytest.raises(MailboxFull):
        handle.ask("more").get(timeout=0)


def test_trap12_failure_without_its_message_ours(world: World) -> None:
    culprits: list[object] = []

    class Telling(Ours):
        def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
            culprits.append(self.in_hand)

    error = ValueError("boom")
    world.spawn(Telling).tell(error)
    world.stepper.settle()
    assert culprits == [error]


def test_trap12_no_timers_and_no_watching_ours(world: World) -> None:
    heard: list[object] = []

    class Watcher(Ours):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    watcher, watched = world.spawn(Watcher, "/watcher"), world.spawn()
    watched.watch(watcher)
    world.system.after(5.0, watched, ValueError("boom"))
    world.stepper.run(10)
    assert [type(message) for message in heard] == [WatchedEnded]


def frames_kept(future: "pykka.Future[Any]") -> bool:
    """Return whether a future that failed keeps what its handler had in hand."""

    class Big:
        pass

    def handler() -> None:
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError("boom")

    kept: list[weakref.ref[Big]] = []
    try:
        handler()
    except ValueError:
        future.set_exception()
    gc.collect()
    return kept[0]() is not None


def test_trap12_frames_kept_plain() -> None:
    assert frames_kept(pykka.ThreadingFuture())


def test_trap12_frames_kept_ours() -> None:
    assert not frames_kept(Future())


def test_trap12_context_leaks_ours(world: World) -> None:
    variable = contextvars.ContextVar("variable", default="nobody's")
    seen: list[str] = []
    first, second = world.spawn(path="/1"), world.spawn(path="/2")
    first.tell(lambda: variable.set("the first's"))
    world.stepper.settle()
    second.tell(lambda: seen.append(variable.get()))
    world.stepper.settle()
    assert seen == ["nobody's"]


# 13: types


def test_trap13_types_ours(world: World) -> None:
    handle = world.spawn()
    future = handle.ask("hello")
    assert_type(future, pykka.Future[Any])
    assert_type(handle.tell("hello"), bool)
    # static, so that both type checkers accept the override
    assert_type(Actor._create_actor_inbox(), Mailbox)  # pyright: ignore[reportPrivateUsage]
    world.stepper.settle()
    assert future.get(timeout=0) == "hello"
