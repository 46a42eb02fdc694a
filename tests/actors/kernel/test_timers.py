"""Timers: order, cancelling, the heap's size, and the thread that drives them."""

import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.clock import SystemClock, VirtualClock
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.timers import COMPACT_ABOVE, Timers, TimerThread


def test_timers_fire_when_due_in_order_of_time_then_age() -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    fired: list[str] = []
    for name, delay in (("late", 2.0), ("first", 1.0), ("second", 1.0), ("at once", -5.0)):
        timers.after(delay, partial(fired.append, name))
    assert timers.fire_due() == 1
    clock.advance_to(1.0)
    assert timers.fire_due() == 2
    clock.advance_to(9.0)
    timers.fire_due()
    assert fired == ["at once", "first", "second", "late"]
    assert timers.next_due() is None


def test_a_cancelled_timer_does_not_fire_and_cancelling_late_or_twice_is_fine() -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    fired: list[int] = []
    kept, cancelled = (timers.after(1.0, partial(fired.append, number)) for number in range(2))
    cancelled.cancel()
    cancelled.cancel()
    assert (kept.active, cancelled.active, len(timers)) == (True, False, 1)
    clock.advance_to(1.0)
    timers.fire_due()
    kept.cancel()
    assert fired == [0]
    assert len(timers) == 0
    assert timers.snapshot().cancelled == 0


def test_cancelled_timers_never_outnumber_the_others_for_long() -> None:
    timers = Timers(VirtualClock())
    made = [timers.after(float(number), print) for number in range(10 * COMPACT_ABOVE)]
    for timer in made[1::2] + made[2::2]:
        timer.cancel()
    assert len(timers) == 1
    assert timers.snapshot().cancelled <= COMPACT_ABOVE
    assert timers.next_due() == 0.0


def test_a_delay_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="delay"):
        Timers(VirtualClock()).after(float("nan"), print)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 3)), max_size=60))
def test_any_mix_of_starting_cancelling_and_firing_keeps_the_count(plan: list[tuple[float, int]]) -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    made: list[Any] = []
    fired: list[float] = []
    for delay, what in plan:
        if what < 2:
            due = clock.monotonic() + delay
            made.append(timers.after(delay, partial(fired.append, due)))
        elif what == 2 and made:
            made[int(delay) % len(made)].cancel()
        else:
            clock.advance_to(clock.monotonic() + delay)
            timers.fire_due()
        assert len(timers) == sum(timer.active for timer in made)
    assert fired == sorted(fired)


def test_snapshot_tells_how_late_the_timers_are() -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    timers.after(1.0, print)
    clock.advance_to(4.0)
    snapshot = timers.snapshot()
    assert (snapshot.active, snapshot.lateness) == (1, 3.0)


def test_the_thread_fires_in_real_time_and_notices_an_earlier_timer() -> None:
    timers = Timers(SystemClock())
    thread = TimerThread(timers, "test-timers")
    late, early = threading.Event(), threading.Event()
    timers.after(3600.0, late.set)
    timers.after(0.01, early.set)
    assert early.wait(10)
    assert not late.is_set()
    thread.close()


def test_a_call_that_raises_does_not_end_the_thread() -> None:
    timers = Timers(SystemClock())
    thread = TimerThread(timers, "test-timers")
    reached = threading.Event()

    def fail() -> None:
        raise ValueError("a timer's own bug")

    timers.after(0.0, fail)
    timers.after(0.001, reached.set)
    assert reached.wait(10)
    thread.close()


def test_closing_is_heard_whenever_it_comes() -> None:
    for _ in range(200):
        thread = TimerThread(Timers(SystemClock()), "test-timers")
        closer = threading.Thread(target=thread.close)
        closer.start()
        closer.join(10)
        assert not closer.is_alive(), "the wake-up between the look and the wait was lost"


def test_cancelling_from_threads_keeps_the_count() -> None:
    timers = Timers(SystemClock())
    thread = TimerThread(timers, "test-timers")
    for _ in range(20):
        made = [timers.after(0.0, threading.Event) for _ in range(50)]
        for timer in made:
            timer.cancel()
    last = threading.Event()
    timers.after(0.0, last.set)
    assert last.wait(10)
    thread.close()
    assert len(timers) == 0
    assert timers.snapshot().cancelled == 0


def test_a_message_arrives_after_its_delay() -> None:
    stepper = Stepper(1)
    system = stepper.system()
    heard: list[float] = []

    class Listener(Actor):
        def on_receive(self, message: Any) -> None:
            heard.append(self.system.clock.monotonic())

    handle = system.handle("/listener")
    system.spawn(handle, Listener)
    system.after(7.0, handle, "now")
    system.after(8.0, handle, "never").cancel()
    stepper.run(60)
    assert heard == [7.0]
    assert stepper.clock.monotonic() == 60.0


def test_a_clock_that_stands_still_is_an_error_not_a_hang() -> None:
    stepper = Stepper(1)

    def again() -> None:
        stepper.timers.after(0.0, lambda: stepper.dispatcher.submit(turn))

    class Turn:
        def turn(self) -> None:
            again()

    turn = Turn()
    again()
    with pytest.raises(RuntimeError, match="time stands still"):
        stepper.run(1.0, limit=100)
