"""One parser decides: enabled or not, and what is to run."""

from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parts.documents import BOT, custom, document

from the0_actors.actors.domain.answers import Disabled, Malformed, Wanted
from the0_actors.actors.domain.documents import answer, id_problem, is_enabled, parse_bot
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.errors import MalformedDocument

ABSENT: Final = object()

# Every type of value that BSON can hold, and whether it enables.
VALUES: Final[list[tuple[Any, bool]]] = [
    (True, True),
    (False, False),
    ("false", False),
    ("0", False),
    ("true", True),
    ("False", True),
    ("no", True),
    ("", True),
    (0, False),
    (1, True),
    (42, True),
    (-1, True),
    (2**62, True),
    (0.0, False),
    (-0.0, False),
    (1.0, True),
    (0.5, True),
    (-1.5, True),
    (Decimal("0.00"), False),
    (Decimal(3), True),
    (Decimal("NaN"), True),
    (Decimal("sNaN"), True),
    ([], True),
    ({}, True),
    ([False], True),
    (b"", True),
]


def with_flags(top: Any, nested: Any) -> dict[str, Any]:
    found = document()
    if nested is not ABSENT:
        found["config"]["enabled"] = nested
    return found if top is ABSENT else {**found, "enabled": top}


@pytest.mark.parametrize(("value", "enabled"), VALUES)
def test_p44_each_type_of_value_in_the_nested_field(value: Any, *, enabled: bool) -> None:
    assert is_enabled(with_flags(ABSENT, value)) is enabled
    assert is_enabled(with_flags(None, value)) is enabled


@pytest.mark.parametrize(("value", "enabled"), VALUES)
@pytest.mark.parametrize("nested", [ABSENT, None, True, False, "false", 0.0])
def test_p44_mod_01_the_top_level_field_wins_whatever_is_nested(value: Any, nested: Any, *, enabled: bool) -> None:
    assert is_enabled(with_flags(value, nested)) is enabled


@pytest.mark.parametrize("config", [ABSENT, None, {}, {"enabled": None}, "text"])
def test_mod_04_mod_05_no_flag_means_enabled(config: Any) -> None:
    found = {"id": BOT, "custom": custom()}
    assert is_enabled(found if config is ABSENT else {**found, "config": config})


def test_rec_08_a_document_becomes_a_launch_description() -> None:
    found = parse_bot(document(symbol="BTC/USD"))
    assert (found.bot_id, found.enabled) == (BOT, True)
    assert found.spec.kind is Kind.REALTIME
    assert (found.spec.runtime, found.spec.entrypoint) == ("python3.11", "main.py")
    assert (found.spec.code_key, found.spec.code_version) == ("user1/sma/1.2.0", "1.2.0")
    assert found.spec.config_json == '{"amount":100,"name":"btc","symbol":"BTC/USD"}'
    assert parse_bot(document(), Kind.SCHEDULED).spec.kind is Kind.SCHEDULED


def test_mod_12_to_mod_22_a_parsed_bot_is_a_copy() -> None:
    source = document(nested={"a": [1.0]})
    before = parse_bot(source)
    source["config"]["nested"]["a"].append(2.0)
    source["custom"]["config"]["entrypoints"]["bot"] = "other.py"
    source["custom"]["filePath"] = "elsewhere"
    assert before == parse_bot(document(nested={"a": [1.0]}))


@pytest.mark.parametrize("config", [ABSENT, None, {}])
def test_no_config_prints_an_empty_object(config: Any) -> None:
    found = {"id": BOT, "custom": custom()}
    assert parse_bot(found if config is ABSENT else {**found, "config": config}).spec.config_json == "{}"


@pytest.mark.parametrize("about", [{"runtime": ""}, {"runtime": None}, {"entrypoints": None}, {"entrypoints": {}}])
def test_a_missing_runtime_or_entry_point_is_left_to_the_engine(about: dict[str, Any]) -> None:
    spec = parse_bot({**document(), "custom": custom(**about)}).spec
    assert "" in {spec.runtime, spec.entrypoint}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": 5}, "id"),
        ({"id": ""}, "id"),
        ({"config": []}, "config"),
        ({"custom": "x"}, "custom"),
        ({"custom": None}, "custom.filePath"),
        ({"custom": {**custom(), "filePath": ""}}, "custom.filePath"),
        ({"custom": {**custom(), "filePath": 1}}, "custom.filePath"),
        ({"custom": {**custom(), "version": 1.2}}, "custom.version"),
        ({"custom": {**custom(), "config": []}}, "custom.config"),
        ({"custom": custom(runtime=3.11)}, "custom.config.runtime"),
        ({"custom": custom(entrypoints=["main.py"])}, "custom.config.entrypoints"),
        ({"custom": custom(entrypoints={"bot": 1})}, "custom.config.entrypoints.bot"),
        ({"config": {"x": b"binary"}}, "config"),
    ],
)
def test_p55_what_cannot_be_understood_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedDocument, match=rf"^{field} "):
        parse_bot({**document(), **change})


def test_an_unexpected_date_type_does_not_matter_to_what_runs() -> None:
    assert isinstance(answer({**document(), "custom": {**custom(), "createdAt": 5}}), Wanted)


def test_a_broken_bot_can_still_be_switched_off() -> None:
    broken = {"id": BOT, "custom": 5}
    assert isinstance(answer(broken), Malformed)
    assert answer({**broken, "enabled": False}) == Disabled()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"memory_limit": "512Mi", "cpu_limit": "1.5", "stop_grace": 10.0}, (2**29, 1500, 10.0)),
        ({"memory_limit": "256MB", "cpu_limit": 1, "stop_grace": "60s"}, (256 * 10**6, 1000, 60.0)),
        ({"memory_limit": 536870912, "cpu_limit": 0.5, "stop_grace": "10"}, (2**29, 500, 10.0)),
        ({"memory_limit": "", "cpu_limit": None}, (None, None, None)),
        ({"stop_grace": 0}, (None, None, 0.0)),
    ],
)
def test_limits_are_read_as_people_write_them(config: dict[str, Any], expected: tuple[Any, ...]) -> None:
    spec = parse_bot(document(**config)).spec
    assert (spec.memory_bytes, spec.cpu_millis, spec.stop_grace) == expected
    assert spec.remark == ""


def test_a_limit_that_is_not_understood_stops_no_bot_and_is_said() -> None:
    spec = parse_bot(document(memory_limit="lots", cpu_limit="many", stop_grace=True, pids_limit=0)).spec
    assert (spec.memory_bytes, spec.cpu_millis, spec.stop_grace, spec.pids) == (None, None, None, None)
    for member in ("memory_limit 'lots'", "cpu_limit 'many'", "stop_grace True", "pids_limit 0"):
        assert f"config.{member} is not understood" in spec.remark


@pytest.mark.parametrize("change", ["runtime", "entrypoint", "filePath", "version", "value", "key"])
def test_p13_rec_11_every_input_of_a_bot_shows_in_its_description(change: str) -> None:
    found = document()
    about = found["custom"]["config"]
    {
        "runtime": lambda: about.update(runtime="nodejs20"),
        "entrypoint": lambda: about["entrypoints"].update(bot="other.py"),
        "filePath": lambda: found["custom"].update(filePath="user1/sma/1.2.1"),
        "version": lambda: found["custom"].update(version="1.2.1"),
        "value": lambda: found["config"].update(amount=101.0),
        "key": lambda: found["config"].update(more=None),
    }[change]()
    assert parse_bot(found).spec != parse_bot(document()).spec


def test_p13_a_rewrite_in_another_order_is_no_change() -> None:
    found = document(a=1.0, b=2)
    config = {**dict(reversed(found["config"].items())), "b": 2.0}
    turned = {**found, "config": config, "segment_id": 7}
    assert parse_bot(turned) == parse_bot(found)


@given(st.text())
def test_p54_an_id_is_usable_or_the_reason_is_told(text: str) -> None:
    problem = id_problem(text)
    if problem is None:
        assert parse_bot(document(text)).spec.bot_id == text
        assert text.isprintable() or not any(ord(character) < 32 for character in text)
    else:
        with pytest.raises(MalformedDocument):
            parse_bot(document(text))


@given(
    st.dictionaries(
        st.sampled_from(["id", "config", "custom", "enabled"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["config", "enabled", "filePath", "entrypoints", "bot", "x"]), inner)
            ),
            max_leaves=10,
        ),
    )
)
def test_p55_any_document_gets_an_answer(given_document: dict[str, Any]) -> None:
    assert isinstance(answer(given_document), Wanted | Disabled | Malformed)
