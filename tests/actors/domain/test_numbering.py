"""Identities of streams survive being written, and a stream that went back only goes on."""

from hypothesis import given
from hypothesis import strategies as some

from the0_actors.actors.domain.events import Position
from the0_actors.actors.domain.numbering import Numbering

STREAM = "THE0_EVENTS@2026-01-02T10:00:00.000000+00:00"


@given(some.text(), some.integers(1, 10**6), some.integers(0, 2**63))
def test_an_identity_is_read_as_it_was_written(stream: str, falls: int, first: int) -> None:
    numbering = Numbering(stream or STREAM, falls, first)
    assert Numbering.parse(str(numbering)) == numbering


@given(some.text())
def test_every_text_is_an_identity(text: str) -> None:
    assert str(Numbering.parse(text)) == text


@given(some.tuples(some.integers(0, 3), some.integers(0, 5)), some.tuples(some.integers(0, 3), some.integers(0, 5)))
def test_positions_of_one_stream_are_in_the_order_of_its_falls(one: tuple[int, int], other: tuple[int, int]) -> None:
    def position(falls: int, sequence: int, stream: str = STREAM) -> Position:
        return Position(str(Numbering(stream, falls, 1 if falls else 0)), sequence)

    assert position(*one).before(position(*other)) is (one < other)
    assert not position(*one).before(position(*other, stream="another"))
