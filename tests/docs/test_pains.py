"""`docs/pains.md` has a row for each pain, and each test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pains.md").read_text()
ROWS = {int(row[1]): row[0] for row in re.finditer(r"^\| P(\d\d) \|.*$", PAGE, re.MULTILINE)}
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_every_pain_has_its_row() -> None:
    assert sorted(ROWS) == list(range(1, 76))


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 40
    assert sorted(named - TESTS) == []


def test_a_row_names_a_test_or_says_later_or_why_not() -> None:
    for pain, row in ROWS.items():
        assert "`test_" in row or "later" in row or "does not arise" in row, pain


def test_no_pain_is_called_later_that_has_a_test() -> None:
    proven = {int(number) for name in TESTS for number in re.findall(r"(?<![a-z])p(\d\d)(?=_)", name)}
    late = {pain for pain, row in ROWS.items() if "later" in row and "`test_" not in row}
    assert sorted(proven & late) == []
