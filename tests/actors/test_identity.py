"""Which installation a runtime is to be: the table, and what holds whatever is known."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.identity import Decision, Evidence, Hold, Keep, Take, Word, decide, strangers

OLD, NEW, OTHER = "0123456789ab", "ba9876543210", "cccccccccccc"
HERE, ELSEWHERE = "engine-here", "engine-elsewhere"
RUNS = {OLD: ("bot0", "bot1")}
SAID = (Word(), Word(adopt=OLD), Word(adopt=NEW), Word(adopt=OTHER), Word(anew=True))

TABLE: dict[str, tuple[Evidence, Word, type[Decision] | Decision, str]] = {
    "a new database where nobody was": (Evidence(HERE), Word(), Keep, ""),
    "the database says it": (Evidence(HERE, OLD, HERE, blank=False), Word(), Keep, ""),
    "no engine was recorded yet": (Evidence(HERE, OLD, "", blank=False), Word(), Keep, ""),
    "emptied, and the engine tells": (Evidence(HERE, here=RUNS), Word(), Hold, f"{OLD} .2 containers .bot0, bot1."),
    "emptied, and the folder tells": (Evidence(HERE, remembered={OLD: HERE}), Word(), Hold, f"{OLD} .no container"),
    "emptied, and the engine changed": (
        Evidence(HERE, remembered={OLD: ELSEWHERE}), Word(), Hold, f"{ELSEWHERE}, which is not this one"
    ),
    "emptied, two were here": (
        Evidence(HERE, here={**RUNS, OTHER: ("x",)}), Word(), Hold, f"{OLD}` or `--adopt-installation {OTHER}`"
    ),
    "emptied and adopted": (Evidence(HERE, here=RUNS), Word(adopt=OLD), Take(OLD), ""),
    "emptied and adopted by memory": (Evidence(HERE, remembered={OLD: HERE}), Word(adopt=OLD), Take(OLD), ""),
    "emptied and adopted from another engine": (
        Evidence(HERE, remembered={OLD: ELSEWHERE}), Word(adopt=OLD), Take(OLD), ""
    ),
    "emptied, and they are strangers": (Evidence(HERE, here=RUNS), Word(anew=True), Keep, ""),
    "nobody knows it": (
        Evidence(HERE, here=RUNS, remembered={OTHER: HERE}), Word(adopt=NEW), Hold, f"known: {OLD}, {OTHER}"
    ),
    "nobody knows anything": (Evidence(HERE), Word(adopt=NEW), Hold, "known: none"),
    "adopted already": (Evidence(HERE, OLD, HERE, blank=False), Word(adopt=OLD), Keep, ""),
    "said once too often": (Evidence(HERE, OLD, HERE, blank=False), Word(anew=True), Keep, ""),
    "back to the old one": (Evidence(HERE, NEW, HERE, blank=False, here=RUNS), Word(adopt=OLD), Take(OLD, NEW), ""),
    "both have containers": (
        Evidence(HERE, NEW, HERE, blank=False, here={**RUNS, NEW: ("bot0",)}), Word(adopt=OLD), Hold,
        f"down --installation {NEW}`",
    ),
    "another engine": (Evidence(HERE, OLD, ELSEWHERE, blank=False), Word(), Hold, f"belongs to engine {ELSEWHERE}"),
    "another engine, gone on with": (
        Evidence(HERE, OLD, ELSEWHERE, blank=False), Word(adopt=OLD), Keep, ""
    ),
    "adopted while ours is on another engine": (
        Evidence(HERE, NEW, ELSEWHERE, blank=False, here=RUNS), Word(adopt=OLD), Hold, "belongs to engine"
    ),
    "schedules emptied, nothing runs": (Evidence(HERE, OLD, HERE), Word(), Keep, ""),
    "schedules emptied beside their runs": (
        Evidence(HERE, OLD, HERE, here=RUNS), Word(), Hold, "database of schedules is empty"
    ),
    "schedules emptied, strangers here": (Evidence(HERE, NEW, HERE, here=RUNS), Word(), Keep, ""),
    "schedules emptied and gone on with": (Evidence(HERE, OLD, HERE, here=RUNS), Word(adopt=OLD), Keep, ""),
    "schedules emptied and begun anew": (Evidence(HERE, OLD, HERE, here=RUNS), Word(anew=True), Keep, ""),
}  # fmt: skip
TABLE["another engine, gone on with"] = (*TABLE["another engine, gone on with"][:2], Take(OLD, OLD), "")


@pytest.mark.parametrize("case", TABLE)
def test_the_table(case: str) -> None:
    found, word, expected, text = TABLE[case]
    decided = decide(found, word)
    if isinstance(expected, type):
        assert isinstance(decided, expected), decided
    else:
        assert decided == expected
    if isinstance(decided, Hold):
        assert re.search(text, decided.reason), decided.reason


ids = st.sampled_from([OLD, NEW, OTHER])
engines = st.sampled_from([HERE, ELSEWHERE])
evidences = st.builds(
    Evidence,
    engine=st.just(HERE),
    owner=st.one_of(st.just(""), ids),
    recorded=st.one_of(st.just(""), engines),
    blank=st.booleans(),
    here=st.dictionaries(ids, st.lists(st.sampled_from(["bot0", "bot1"]), min_size=1).map(tuple), max_size=3),
    remembered=st.dictionaries(ids, engines, max_size=3),
).filter(lambda found: found.blank or bool(found.owner))


@given(evidences, st.sampled_from(SAID))
def test_nobody_begins_beside_what_may_be_his_without_a_word(found: Evidence, word: Word) -> None:
    """Whatever is known: containers of two installations are never both ours to run, unless an operator said so."""
    match decide(found, word):
        case Keep() if not found.owner:  # a new installation is made
            assert word.anew or not (found.here or found.remembered)
        case Keep():
            assert word.adopt in {"", found.owner}
            assert found.recorded in {"", found.engine}
        case Take(wanted, instead_of):
            assert wanted == word.adopt
            assert instead_of == found.owner
            assert wanted in {*found.here, *found.remembered, found.owner}
            if wanted != found.owner and found.owner:
                assert not found.here.get(found.owner), "what ours runs would be left beside what is adopted"
        case Hold(reason):
            assert reason
            assert "\n" not in reason


@given(evidences)
def test_an_operator_can_always_go_on(found: Evidence) -> None:
    """One of the two words, or a `down` before it, ends every hold that is not about another engine."""
    if isinstance(decide(found, Word()), Hold) and not found.owner:
        assert isinstance(decide(found, Word(anew=True)), Keep)
        for known in {*found.here, *found.remembered}:
            assert isinstance(decide(found, Word(adopt=known)), Take)


def test_strangers_are_named_with_what_to_do() -> None:
    (line,) = strangers({OLD: ("a", "b", "c", "d", "e", "f"), NEW: ("a",)}, NEW)
    assert line.startswith(f"6 containers (a, b, c, d, e and 1 more) on this engine, of installation {OLD}, which")
    assert f"`the0-actors down --installation {OLD}`" in line
    assert f"`the0-actors run --adopt-installation {OLD}`" in line
