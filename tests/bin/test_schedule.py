"""`schedule explain`."""

import pytest
from click.testing import CliRunner
from tests.bin.world import World

from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.main import cli


def explain(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["schedule", "explain", *words], obj=World().environment())
    return result.exit_code, result.output


def test_words_and_five_times() -> None:
    code, told = explain("0 9 * * 1-5", "--tz", "Asia/Tokyo")
    first, *runs = told.splitlines()
    assert (code, first) == (0, "at 09:00 on Monday-Friday, Asia/Tokyo")
    assert len(runs) == 5
    assert all("09:00:00 +0900" in run for run in runs)


def test_a_zone_in_the_expression_wins() -> None:
    assert explain("CRON_TZ=Europe/Berlin 0 9 * * *", "--tz", "Asia/Tokyo")[1].startswith("at 09:00 every day, Europe/")


def test_p22_what_may_not_be_meant_is_noted() -> None:
    assert "note: 60 times in each minute" in explain("* */15 * * * *")[1]


@pytest.mark.parametrize(
    ("words", "hint"),
    [(["0 0 * * 7"], "write 0 or SUN"), (["0 9 * * *", "--tz", "Mars/X"], "'Mars/X' is not known")],
)
def test_what_is_refused_is_one_line_with_the_hint(words: list[str], hint: str) -> None:
    code, told = explain(*words)
    assert code == ExitCode.USAGE
    assert hint in told
    assert len(told.splitlines()) == 1
