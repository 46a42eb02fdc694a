"""What was heard over core and is not yet acted on."""

from hypothesis import given
from hypothesis import strategies as st

from the0_actors.adapters.nats.hints import Hint, Hints

A, B, C = (Hint("the0.bot.created", name) for name in (b"a", b"b", b"c"))


def held(hints: Hints) -> list[Hint]:
    found = []
    while (hint := hints.oldest()) is not None:
        hints.forget(hint)
        found.append(hint)
    return found


def test_order_is_that_of_arrival_and_a_repeat_moves_to_the_end() -> None:
    hints = Hints(10, 1000)
    for hint in (A, B, C, A):
        assert hints.hear(hint) == 0
    assert held(hints) == [B, C, A]


def test_a_mark_parts_before_from_after() -> None:
    hints = Hints(10, 1000)
    hints.hear(A)
    mark = hints.mark()
    hints.hear(B)
    assert hints.oldest(mark) == A
    hints.forget(A)
    assert hints.oldest(mark) is None
    assert hints.oldest() == B


def test_a_repeat_counts_as_heard_after_the_mark() -> None:
    hints = Hints(10, 1000)
    hints.hear(A)
    mark = hints.mark()
    hints.hear(A)
    assert hints.oldest(mark) is None


def test_forgetting_what_is_not_held_is_fine() -> None:
    hints = Hints(10, 1000)
    hints.forget(A)
    assert len(hints) == 0


messages = st.builds(Hint, st.just("the0.bot.created"), st.binary(max_size=6))


@given(st.lists(messages), st.integers(1, 5), st.integers(1, 12))
def test_p31_the_bounds_hold_and_the_oldest_go_first(heard: list[Hint], most: int, most_bytes: int) -> None:
    hints = Hints(most, most_bytes)
    forgotten = sum(hints.hear(hint) for hint in heard)
    left = held(hints)
    assert len(left) <= most
    assert sum(len(hint.payload) for hint in left) <= most_bytes
    newest_first = list(dict.fromkeys(reversed(heard)))
    assert list(reversed(left)) == newest_first[: len(left)]
    assert forgotten >= len(set(heard)) - len(left)
