"""Labels: what is written is read, and nothing odd breaks the reading."""

from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.adapters.docker import labels

BIRTHS = st.builds(
    Birth,
    incarnation=st.integers(1, 10**9),
    short_lives=st.integers(0, 10**9),
    previous_end=st.text(),
    reason=st.text(),
)
SPECS = st.builds(
    LaunchSpec,
    bot_id=st.text(min_size=1),
    kind=st.sampled_from(Kind),
    runtime=st.text(),
    entrypoint=st.text(),
    code_key=st.text(),
    code_version=st.text(),
    config_json=st.just("{}"),
)
JUNK = st.none() | st.text() | st.integers() | st.lists(st.text())
NAMES = st.sampled_from(sorted(labels.of_birth(Birth()))) | st.sampled_from(
    [labels.MANAGED, labels.BOT_ID, labels.TYPE, labels.KIND, labels.INSTALLATION, labels.FINGERPRINT]
)


@given(SPECS, BIRTHS, st.text(min_size=1), st.text())
def test_what_is_written_is_read(spec: LaunchSpec, birth: Birth, installation: str, code_hash: str) -> None:
    written = labels.of_spec(spec, installation, code_hash) | labels.of_birth(birth) | {labels.FINGERPRINT: "f"}
    read = labels.decode(written)
    assert read == labels.Identity(spec.bot_id, spec.kind, installation, "f", code_hash, birth)


@given(st.dictionaries(NAMES, JUNK))
def test_p55_odd_values_break_nothing(odd: dict[str, object]) -> None:
    read = labels.decode({labels.MANAGED: "true", labels.BOT_ID: "bot"} | odd)
    if read is not None:
        assert read.bot_id
        assert read.birth.incarnation >= 1
        assert read.birth.short_lives >= 0


def test_missing_values_have_defaults() -> None:
    read = labels.decode({"runtime.managed": "true", "runtime.id": "bot", "runtime.entrypoint": "main.py"})
    assert read == labels.Identity("bot", Kind.REALTIME, None, "", "", Birth())


def test_upstreams_type_counts_where_ours_is_missing() -> None:
    read = labels.decode({"runtime.managed": "true", "runtime.id": "bot", "runtime.type": "scheduled"})
    assert read is not None
    assert read.kind is Kind.SCHEDULED


def test_p14_what_is_no_bots_is_nobodys() -> None:
    assert labels.decode(None) is None
    assert labels.decode({}) is None
    assert labels.decode({"runtime.managed": "true"}) is None
    assert labels.decode({"runtime.managed": "true", "runtime.id": ""}) is None
    assert labels.decode({"runtime.managed": "yes", "runtime.id": "bot"}) is None
