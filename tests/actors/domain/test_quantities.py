"""Kubernetes quantities."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.quantities import cpu_millis, format_size, parse_quantity, size_bytes, whole_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("512Mi", 512 * 2**20),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("128M", 128 * 10**6),
        ("1k", 1000),
        ("1Ki", 1024),
        ("100m", Fraction(1, 10)),
        ("5u", Fraction(5, 10**6)),
        ("5n", Fraction(5, 10**9)),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("2.5e-1", Fraction(1, 4)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("+1", 1),
        ("-1", -1),
    ],
)
def test_quantities(text: str, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "Mi", ".", "1K", "1mi", "1MB", "1 Gi", "0x10", "1e", "1e1Mi", "\u0661"]
)
def test_what_is_no_quantity(text: str) -> None:
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        *(("64Mi", 2**26), ("0.5", 1), ("1500m", 2), ("0", None), ("-1Gi", None), ("9E", 9 * 10**18), ("10E", None)),
        *(("256MB", 256 * 10**6), ("256 MB", 256 * 10**6), ("1GiB", 2**30), ("1KB", 1000), ("1kB", 1000), ("5B", 5)),
        *((536870912, 2**29), (536870912.0, 2**29), (5, 5), (1.5, 2), ("536870912", 2**29)),
        *((0, None), (-1, None), (float("nan"), None), (float("inf"), None), ("1 Gi", None), ("1g", None)),
        *((".B", None), ("1..5GB", None), ("1.5GB", 15 * 10**8)),
    ],
)
def test_sizes(value: object, limit: int | None) -> None:
    assert size_bytes(value) == limit


@pytest.mark.parametrize(
    ("value", "limit"),
    [("0.5", 500), ("250m", 250), ("2", 2000), ("1u", 1), ("0", None), (1, 1000), (0.5, 500), (1.0, 1000)],
)
def test_cpu(value: object, limit: int | None) -> None:
    assert cpu_millis(value) == limit


@pytest.mark.parametrize("value", [None, True, [], {}, "1e999", "9" * 100])
def test_anything_else_is_no_limit(value: object) -> None:
    assert size_bytes(value) is None
    assert cpu_millis(value) is None
    assert whole_number(value) is None


@pytest.mark.parametrize(("value", "count"), [(5, 5), (5.0, 5), ("5", 5), (5.5, None), ("0", None), (-1, None)])
def test_whole_numbers(value: object, count: int | None) -> None:
    assert whole_number(value) == count


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1, "1"), (1023, "1023"), (6 << 20, "6Mi"), (512 << 20, "512Mi"), (24_600_000_000, "22.91Gi")],
)
def test_sizes_are_shown_for_people(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_quantity(text)
    size_bytes(text)


@given(st.integers(1, 2**62))
def test_whole_bytes_are_themselves(size: int) -> None:
    assert size_bytes(str(size)) == size_bytes(size) == size
