"""However a stream loses its end, and whoever restarts: what it takes afterwards is newer than all that was written."""

from hypothesis import given
from hypothesis import strategies as some

from the0_actors.actors.domain.events import Position
from the0_actors.adapters.nats.known import Known

STREAM = "THE0_EVENTS@2026-01-02T10:00:00.000000+00:00"


@given(some.lists(some.tuples(some.integers(0, 30), some.integers(1, 10), some.booleans()), max_size=20))
def test_however_a_stream_goes_back_what_comes_next_is_newer(steps: list[tuple[int, int, bool]]) -> None:
    """Each step loses some of the end, restarts us or not, and then takes some more messages."""
    newest: Position | None = None
    known, last = Known(), 0
    for lost, more, restarted in steps:
        last = max(last - lost, 0)
        known = Known() if restarted else known
        known.learn({} if newest is None else {newest.stream: newest.sequence})
        assert bool(known.meet(STREAM, last)) is (newest is not None and last < newest.sequence)
        for sequence in range(1, last + more + 1):
            position = Position(known.identity(STREAM, sequence), sequence)
            assert newest is None or newest.before(position) is (sequence > last)
        newest = Position(known.identity(STREAM, last + more), last + more)
        last += more


def test_what_a_stream_held_before_it_went_back_keeps_its_numbers() -> None:
    known = Known()
    known.learn({STREAM: 10})
    assert "was read up to 10 and ends at 6" in known.meet(STREAM, 6)
    assert [known.identity(STREAM, sequence) for sequence in (6, 7)] == [STREAM, f"{STREAM}~1.7"]
    assert not known.meet(STREAM, 6)
    assert "went back" in known.meet(STREAM, 5)


def test_the_newest_stream_is_by_its_creation_not_by_its_name() -> None:
    known = Known()
    known.learn({"Z@2025-01-01T00:00:00.000000+00:00": 900, "A@2026-01-01T00:00:00.000000+00:00": 3})
    assert known.meet("B@2026-02-01T00:00:00.000000+00:00", 1).startswith("the stream was deleted and recreated: A@")
