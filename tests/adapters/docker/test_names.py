"""Names: legal, short, readable where they can be, and never shared."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from the0_actors.actors.domain.launch import Kind
from the0_actors.adapters.docker import names

INSTALLATION = "0123456789ab"
LEGAL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
IDS = st.text() | st.text("ab-.A", max_size=70) | st.from_regex(r"[a-z][a-z0-9]{23}", fullmatch=True)


@given(IDS, st.sampled_from(Kind))
def test_p54_ids_survive_every_boundary(bot_id: str, kind: Kind) -> None:
    for name in (names.container_name(INSTALLATION, kind, bot_id), names.state_volume(INSTALLATION, bot_id)):
        assert len(name) <= 63
        assert LEGAL.fullmatch(name)


@given(IDS, IDS)
def test_p54_different_ids_have_different_names(one: str, other: str) -> None:
    assume(one != other)
    for kind in Kind:
        assert names.container_name(INSTALLATION, kind, one) != names.container_name(INSTALLATION, kind, other)
    assert names.state_volume(INSTALLATION, one) != names.state_volume(INSTALLATION, other)


@given(IDS)
def test_p54_an_id_that_looks_like_a_hashed_one_is_none(bot_id: str) -> None:
    name = names.container_name(INSTALLATION, Kind.REALTIME, bot_id)
    assume("." in name)
    rest = name.removeprefix(f"the0-{INSTALLATION}-r-")
    assert names.container_name(INSTALLATION, Kind.REALTIME, rest) != name


def test_the_platforms_ids_stand_in_the_name_as_they_are() -> None:
    name = names.container_name(INSTALLATION, Kind.REALTIME, "k3v9x0q2m1n4b7c8d5f6g1h2")
    assert name == "the0-0123456789ab-r-k3v9x0q2m1n4b7c8d5f6g1h2"
    name = names.container_name(INSTALLATION, Kind.SCHEDULED, "k3v9x0q2m1n4b7c8d5f6g1h2")
    assert name == "the0-0123456789ab-s-k3v9x0q2m1n4b7c8d5f6g1h2"


def test_p14_installations_never_share_a_name() -> None:
    assert names.container_name("a", Kind.REALTIME, "b") != names.container_name("b", Kind.REALTIME, "b")
    assert names.code_volume("a", "0" * 64) != names.code_volume("b", "0" * 64)
