"""A look that is shared: fewer looks, and none that is older than the question."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.parts.waiting import until

from the0_actors.actors.code.shared import SharedLook

EACH = 20


class Place:
    """What is looked at. A look begins, and ends when it may."""

    def __init__(self) -> None:
        self.value = 0
        self.begun = 0
        self.at_once = 0
        self.most = 0
        self.go = threading.Semaphore(0)
        self.fails = False

    def has_begun(self, looks: int) -> bool:
        return self.begun == looks

    def look(self, _key: str) -> int:
        seen, self.begun, self.at_once = self.value, self.begun + 1, self.at_once + 1
        self.most = max(self.most, self.at_once)
        assert self.go.acquire(timeout=20)
        self.at_once -= 1
        if self.fails:
            raise LookupError(seen)
        return seen


def test_who_asks_during_a_look_is_answered_by_the_next_one_and_all_by_that_one() -> None:
    place = Place()
    shared = SharedLook(place.look)
    with ThreadPoolExecutor(EACH + 1) as pool:
        first = pool.submit(shared, "a")
        until(lambda: place.begun == 1, "the first looks")
        place.value = 1
        answers = [shared.ask("a") for _ in range(EACH)]
        later = [pool.submit(answer) for answer in answers]
        place.go.release(2)
        assert first.result(20) == 0
        assert {one.result(20) for one in later} == {1}, "nobody saw what was before its question"
    assert (place.begun, place.most) == (2, 1)


def test_who_asks_once_the_next_look_has_begun_waits_for_another() -> None:
    place = Place()
    shared = SharedLook(place.look)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(shared, "a")]
        for number in (1, 2):
            until(partial(place.has_begun, number), "that one looks")
            asked.append(pool.submit(shared.ask("a")))
            place.go.release()
        place.go.release()
        assert [one.result(20) for one in asked] == [0, 0, 0]
    assert place.begun == 3


def test_other_keys_wait_for_nobody_and_nothing_is_kept() -> None:
    looked: list[str] = []

    def look(key: str) -> int:
        looked.append(key)
        return len(looked)

    shared = SharedLook(look)
    assert [shared("a"), shared("b"), shared("a")] == [1, 2, 3]


def test_a_failure_is_shared_and_the_next_look_is_new() -> None:
    place = Place()
    shared = SharedLook(place.look)
    place.fails = True
    place.go.release(1)
    with pytest.raises(LookupError):
        shared("a")
    place.fails = False
    place.go.release(1)
    assert shared("a") == 0
