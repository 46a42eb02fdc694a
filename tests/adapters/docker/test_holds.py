"""What is known of containers that are there: pure, no engine."""

from collections.abc import Callable

from the0_actors.actors.ports.engine import EngineEvent, Happening
from the0_actors.adapters.docker.holds import Held, Holds, Run, followed

CODE = "c" * 64
A = Held("a", "bot-a", CODE)


class Stream:
    """A stream of events in a test's hands."""

    def __init__(self) -> None:
        self.emit: Callable[[EngineEvent], None] = lambda _: None
        self.ended: Callable[[str], None] = lambda _: None
        self.closed = False

    def open(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> "Stream":
        self.emit, self.ended = emit, ended
        return self

    def close(self) -> None:
        self.closed = True


def follow(holds: Holds, stream: Stream) -> list[object]:
    """Follow a stream; return what its listener is told."""
    told: list[object] = []
    followed(holds, stream.open, told.append, told.append)
    return told


def holding(*container_ids: str) -> tuple[Holds, Stream]:
    holds, stream = Holds(), Stream()
    follow(holds, stream)
    for one in container_ids:
        holds.there(holds.run, Held(one, f"bot-{one}", CODE))
    return holds, stream


def removed(container_id: str) -> EngineEvent:
    return EngineEvent("bot", container_id, Happening.REMOVED)


def test_nothing_is_known_unless_events_are_followed() -> None:
    holds = Holds()
    holds.there(holds.run, A)
    holds.there(Run(), A)
    assert not holds.has(CODE)


def test_code_is_held_until_the_last_container_that_has_it_is_removed() -> None:
    holds, stream = holding("a", "b")
    stream.emit(removed("a"))
    assert holds.has(CODE)
    holds.gone("b")
    assert not holds.has(CODE)
    assert not holds.has("d" * 64)


def test_an_answer_that_comes_after_the_removal_teaches_nothing() -> None:
    holds, stream = holding()
    stream.emit(removed("a"))
    holds.there(holds.run, A)
    assert not holds.has(CODE)


def test_the_listener_is_told_all_the_same() -> None:
    holds, stream = Holds(), Stream()
    told = follow(holds, stream)
    events = [removed("a"), EngineEvent("bot", "b", Happening.DIED)]
    for event in events:
        stream.emit(event)
    stream.ended("over")
    assert told == [*events, "over"]


def test_all_is_forgotten_with_the_stream() -> None:
    holds, stream = holding("a")
    stream.ended("over")
    assert (holds.run, holds.has(CODE)) == (None, False)


def test_another_stream_begins_anew_and_the_end_of_the_one_before_harms_nothing() -> None:
    holds, first = holding("a")
    before = holds.run
    follow(holds, Stream())
    assert not holds.has(CODE)
    holds.there(before, A)  # asked while the first was followed
    assert not holds.has(CODE)
    holds.there(holds.run, Held("b", "bot-b", CODE))
    first.ended("over")
    assert holds.has(CODE)


def test_a_stream_that_is_over_before_it_is_open_is_not_followed() -> None:
    class Short(Stream):
        def open(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> Stream:
            ended("at once")
            return super().open(emit, ended)

    holds = Holds()
    follow(holds, Short())
    assert holds.run is None


def test_who_closes_follows_no_more() -> None:
    holds, stream = Holds(), Stream()
    watch = followed(holds, stream.open, lambda _: None, lambda _: None)
    watch.close()
    assert (holds.run, stream.closed) == (None, True)


def test_what_was_only_inherited_proves_nothing_to_others() -> None:
    holds, _ = holding()
    holds.there(holds.run, Held("a", "bot-a", heir=True))
    assert not holds.has(CODE)
    assert not holds.has("")
    assert holds.gone("a") == Held("a", "bot-a", heir=True)


def test_the_next_one_inherits_once_from_what_we_removed_ourselves() -> None:
    holds, stream = holding("a")
    assert holds.gone("a") == A
    holds.bequeath(A)
    stream.emit(removed("a"))  # the engine tells of our own removal too
    assert holds.inherit("bot-a", "a") == A
    assert holds.inherit("bot-a", "a") is None


def test_one_before_the_last_bequeaths_nothing() -> None:
    holds, _ = holding()
    holds.bequeath(A)
    assert holds.inherit("bot-a", None) is None  # a new version: what was kept may be another user's from now on
    assert holds.inherit("bot-a", "a") is None


def test_nothing_is_inherited_from_what_a_hand_removed_or_across_streams() -> None:
    holds, stream = holding("a")
    stream.emit(removed("a"))
    assert holds.gone("a") is None
    holds.bequeath(A)
    follow(holds, Stream())
    assert holds.inherit("bot-a", "a") is None
    stream.ended("over")
    Holds().bequeath(A)


def test_what_is_remembered_is_bounded() -> None:
    holds, _ = holding()
    holds.bequeath(A)
    for number in range(5000):
        holds.bequeath(Held(str(number), f"bot-{number}"))
        holds.gone(str(number))
    assert holds.inherit("bot-a", "a") is None


def test_code_that_was_found_broken_is_held_by_nobody_until_it_was_seen_whole() -> None:
    holds, _ = holding("a", "b")
    holds.saw(CODE, whole=False)
    assert not holds.has(CODE)
    assert holds.gone("b") is None
    holds.there(holds.run, A)  # a listing has it still
    assert not holds.has(CODE)
    holds.saw(CODE, whole=True)
    holds.there(holds.run, A)
    assert holds.has(CODE)
