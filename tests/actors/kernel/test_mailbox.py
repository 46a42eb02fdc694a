"""The mailbox's promises: order, lanes, bounds, coalescing, and that closing answers everything."""

import itertools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.errors import MailboxFull
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.mailbox import Mailbox, WhenFull
from the0_actors.actors.kernel.messages import Coalescing, Notice, Shutdown, SystemMessage
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.kernel.threaded import ThreadedSystem


@dataclass(frozen=True)
class Command(SystemMessage):
    number: int


@dataclass(frozen=True)
class Note(Notice):
    number: int


@dataclass(frozen=True)
class Tick(Coalescing):
    key: str

    def coalesce_key(self) -> str:
        return self.key


class Recorder(Actor):
    """Keeps what it handled."""

    def __init__(self, mailbox: Callable[[], Mailbox] = Mailbox) -> None:
        super().__init__()
        self.mailbox = self.actor_inbox = mailbox()
        self.handled: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        self.handled.append(message)
        return message


def spawn(system: ActorSystem, actor: Recorder, path: str = "/recorder") -> tuple[Handle, list[Any]]:
    handle = system.handle(path)
    system.spawn(handle, lambda: actor)
    return handle, actor.handled


def bounded(capacity: int, when_full: WhenFull) -> Recorder:
    return Recorder(lambda: Mailbox(capacity, when_full))


def test_messages_of_one_sender_keep_their_order() -> None:
    stepper = Stepper(1)
    handle, handled = spawn(stepper.system(), Recorder())
    for number in range(200):
        handle.tell(number)
    stepper.settle()
    assert handled == list(range(200))


def test_system_messages_overtake_user_messages_and_keep_their_own_order() -> None:
    stepper = Stepper(1)
    handle, handled = spawn(stepper.system(), Recorder())
    for message in ("a", Command(1), "b", Command(2)):
        handle.tell(message)
    stepper.settle()
    assert handled == [Command(1), Command(2), "a", "b"]


def test_a_turn_handles_a_limited_number_of_either_lane_so_that_others_get_theirs() -> None:
    stepper = Stepper(1)
    system = stepper.system(throughput=3)
    handle, handled = spawn(system, Recorder())
    for number in range(4):
        handle.tell(Command(number))
        handle.tell(number)
    assert stepper.dispatcher.step()
    assert handled == [Command(0), Command(1), Command(2)]
    assert stepper.dispatcher.waiting == 1


def test_full_mailbox_refuses_the_new_message_and_says_so() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    handle, handled = spawn(system, bounded(2, WhenFull.REFUSE))
    assert [handle.tell(number) for number in range(3)] == [True, True, False]
    future = handle.ask("more")
    with pytest.raises(MailboxFull):
        future.get(timeout=0)
    stepper.settle()
    assert handled == [0, 1]
    assert [(letter.message, letter.reason) for letter in system.dead_letters.last()] == [("int", "full")]


def test_full_mailbox_may_drop_the_oldest_instead() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    handle, handled = spawn(system, bounded(2, WhenFull.DROP_OLDEST))
    first = handle.ask("asked")
    assert [handle.tell(number) for number in range(3)] == [True, True, True]
    with pytest.raises(MailboxFull):
        first.get(timeout=0)
    stepper.settle()
    assert handled == [1, 2]
    assert system.dead_letters.snapshot().reasons == {"full": 1}


@pytest.mark.parametrize("when_full", WhenFull)
def test_stop_notices_and_commands_find_room_in_a_full_mailbox(when_full: WhenFull) -> None:
    stepper = Stepper(1)
    system = stepper.system()
    actor = bounded(1, when_full)
    handle, handled = spawn(system, actor)
    handle.tell(Note(1))
    assert handle.tell(Note(2))
    assert handle.tell(Command(3))
    stopped = actor.actor_ref.stop(block=False)
    assert not handle.tell("no room"), "neither a notice nor a stop is dropped for it"
    stepper.settle()
    assert handled == [Command(3), Note(1), Note(2)]
    assert stopped.get(timeout=0)


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        Mailbox(0)


def test_ticks_of_one_key_coalesce_while_one_waits() -> None:
    stepper = Stepper(1)
    handle, handled = spawn(stepper.system(), Recorder())
    assert all([handle.tell(Tick("a")), handle.tell(Tick("a")), handle.tell(Tick("b")), handle.tell(Tick("a"))])
    stepper.settle()
    assert handled == [Tick("a"), Tick("b")]
    snapshot = handle.snapshot().mailbox
    assert snapshot is not None
    assert snapshot.coalesced == 2
    handle.tell(Tick("a"))
    stepper.settle()
    assert handled[-1] == Tick("a")


def test_a_tick_in_hand_does_not_stand_for_the_next_one() -> None:
    """It was taken before what the next one tells of."""
    stepper = Stepper(1)
    handle, handled = spawn(stepper.system(throughput=1), Recorder())
    handle.tell(Tick("a"))
    handle.tell("later")
    while not handled:
        stepper.dispatcher.step()
    handle.tell(Tick("a"))
    stepper.settle()
    assert handled == [Tick("a"), "later", Tick("a")]


def test_an_asked_tick_is_answered_even_while_one_waits() -> None:
    stepper = Stepper(1)
    handle, _ = spawn(stepper.system(), Recorder())
    handle.tell(Tick("a"))
    future = handle.ask(Tick("a"))
    stepper.settle()
    assert future.get(timeout=0) == Tick("a")


def test_a_tick_that_was_dropped_for_lack_of_room_blocks_no_later_one() -> None:
    stepper = Stepper(1)
    handle, handled = spawn(stepper.system(), bounded(1, WhenFull.REFUSE))
    handle.tell("full")
    assert not handle.tell(Tick("a"))
    stepper.settle()
    handle.tell(Tick("a"))
    stepper.settle()
    assert handled == ["full", Tick("a")]


def test_closing_answers_everything_that_waits() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    actor = Recorder()
    handle, handled = spawn(system, actor)
    handle.tell(Shutdown("test"))
    told, asked, stop = handle.tell("told"), handle.ask("asked"), actor.actor_ref.stop(block=False)
    stepper.settle()
    assert told
    assert handled == []
    with pytest.raises(pykka.ActorDeadError):
        asked.get(timeout=0)
    assert stop.get(timeout=0), "who asks for a stop while it stops gets it"
    assert not actor.actor_ref.stop(block=True, timeout=0)
    assert system.dead_letters.snapshot().reasons == {"stopped": 1}


def test_after_closing_each_late_message_is_accounted_for() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    actor = Recorder()
    handle, _ = spawn(system, actor)
    mailbox = actor.mailbox
    handle.tell(Shutdown("test"))
    stepper.settle()
    late: pykka.Future[Any] = pykka.ThreadingFuture()
    mailbox.put(_envelope("late"))
    mailbox.put(_envelope("late ask", late))
    assert system.dead_letters.count == 1
    with pytest.raises(pykka.ActorDeadError):
        late.get(timeout=0)
    assert not mailbox.close(), "once is enough"


def _envelope(message: object, reply_to: "pykka.Future[Any] | None" = None) -> Any:
    from the0_actors.actors.kernel.seam import Envelope

    return Envelope(message, reply_to)


def test_snapshot_tells_depth_age_and_what_is_in_hand() -> None:
    stepper = Stepper(1)
    seen: list[Any] = []

    class Looker(Recorder):
        def on_receive(self, message: Any) -> Any:
            seen.append(self.handle.snapshot().mailbox)
            return super().on_receive(message)

    handle, _ = spawn(stepper.system(), Looker())
    handle.tell("one")
    handle.tell("two")
    stepper.clock.advance_to(5.0)
    waiting = handle.snapshot().mailbox
    assert waiting is not None
    assert (waiting.waiting, waiting.oldest, waiting.busy, waiting.handling) == (2, 5.0, None, "")
    stepper.settle()
    assert (seen[0].waiting, seen[0].busy, seen[0].handling) == (1, 0.0, "str")
    after = handle.snapshot().mailbox
    assert after is not None
    assert (after.waiting, after.oldest, after.busy, after.handling) == (0, 0.0, None, "")


messages = st.one_of(
    st.integers(0, 9).map(Command),
    st.integers(0, 9).map(Note),
    st.sampled_from("ab").map(Tick),
    st.integers(0, 9),
)


@given(
    sent=st.lists(st.tuples(messages, st.booleans()), max_size=40),
    capacity=st.integers(1, 5),
    when_full=st.sampled_from(WhenFull),
    stop_after=st.integers(0, 40),
    steps=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_every_message_is_handled_answered_coalesced_or_a_dead_letter(
    sent: list[tuple[Any, bool]], capacity: int, when_full: WhenFull, stop_after: int, steps: list[bool]
) -> None:
    stepper = Stepper(1)
    system = stepper.system(throughput=2)
    actor = bounded(capacity, when_full)
    handle, handled = spawn(system, actor)
    asked: list[pykka.Future[Any]] = []
    told = 0
    for index, (message, ask) in enumerate(sent):
        if index == stop_after:
            handle.tell(Shutdown("test"))
        if ask:
            asked.append(handle.ask(message))
        else:
            told += 1
            handle.tell(message)
        if steps[index]:
            stepper.dispatcher.step()
    stepper.settle()
    answers = Counter(_outcome(future) for future in asked)
    assert answers["pending"] == 0
    assert len(handled) + system.dead_letters.count + actor.mailbox.coalesced == told + answers["answered"]


def _outcome(future: "pykka.Future[Any]") -> str:
    try:
        future.get(timeout=0)
    except pykka.Timeout:
        return "pending"
    except (pykka.ActorDeadError, MailboxFull):
        return "refused"
    return "answered"


@pytest.fixture
def tiny_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Counting(Actor):
    """Notices overlap, wrong order and the last message."""

    def __init__(self, expected: int, done: threading.Semaphore) -> None:
        super().__init__()
        self.expected, self.done = expected, done
        self.inside = self.seen = self.overlaps = self.disorder = 0
        self.last: dict[int, int] = {}

    def on_receive(self, message: Any) -> Any:
        self.inside += 1
        self.overlaps += self.inside != 1
        sender, number = message
        self.disorder += self.last.get(sender, -1) != number - 1
        self.last[sender] = number
        self.seen += 1
        self.inside -= 1
        if self.seen == self.expected:
            self.done.release()


@pytest.mark.usefixtures("tiny_switches")
def test_threads_neither_overlap_in_an_actor_nor_lose_a_wake_up_nor_change_the_order() -> None:
    senders, actors, each = 4, 20, 100
    done = threading.Semaphore(0)
    with ThreadedSystem(workers=4) as system:
        handles = [system.handle(f"/{number}") for number in range(actors)]
        for handle in handles:
            system.spawn(handle, lambda: Counting(senders * each, done))
        kept = [handle.actor for handle in handles]

        def send(sender: int) -> None:
            for number in range(each):
                for handle in handles:
                    handle.tell((sender, number))

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert all(done.acquire(timeout=30) for _ in handles)
    counts = [(actor.seen, actor.overlaps, actor.disorder) for actor in kept if isinstance(actor, Counting)]
    assert counts == [(senders * each, 0, 0)] * actors


@pytest.mark.usefixtures("tiny_switches")
def test_p30_no_ask_is_lost_when_it_races_a_stop() -> None:
    with ThreadedSystem(workers=2) as system:
        for attempt in range(300):
            handle, _ = spawn(system, Recorder(), f"/{attempt}")
            asked: list[pykka.Future[Any]] = []
            gate = threading.Barrier(2)

            def ask(handle: Handle = handle, gate: threading.Barrier = gate, asked: list[Any] = asked) -> None:
                gate.wait(10)
                asked.extend(handle.ask(number) for number in range(5))

            thread = threading.Thread(target=ask)
            thread.start()
            gate.wait(10)
            handle.tell(Shutdown("test"))
            thread.join(10)
            for number, future in zip(itertools.count(), asked, strict=False):
                try:
                    assert future.get(timeout=10) == number
                except pykka.ActorDeadError:
                    continue
