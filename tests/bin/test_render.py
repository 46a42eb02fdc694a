"""How a status looks: what is wrong on top, a line for each bot, columns that line up."""

from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.http.samples import LOOPING, RUNNING, STATUS

from the0_actors.actors.ports.status import BotStatus, PartStatus, Phase, RuntimeStatus
from the0_actors.bin.columns import cells, fit
from the0_actors.bin.render import render_status

WIDE = replace(RUNNING, name="東京ボット", bot_id="w" * 24)
COMPOSED = replace(RUNNING, name="zoe\u0301", bot_id="z" * 24)
NAMELESS = replace(RUNNING, name="", bot_id="n" * 24)


def plain(status: RuntimeStatus, width: int | None = None, *, tree: bool = False) -> list[str]:
    return [click.unstyle(line) for line in render_status(status, width, tree=tree)]


def table(lines: list[str]) -> list[str]:
    """Return the heads and the bots."""
    start = next(number for number, line in enumerate(lines) if line.startswith("NAME"))
    return lines[start : lines.index("", start)]


def test_a_bot_is_one_line_its_name_first() -> None:
    heads, *bots = table(plain(replace(STATUS, bots=(WIDE, RUNNING, LOOPING, NAMELESS))))
    assert heads.split() == ["NAME", "PHASE", "VERSION", "RUN", "RETRY", "SEEN", "BOT", "REASON"]
    assert [line.split()[0] for line in bots] == ["btc-sma", "eth-grid", NAMELESS.bot_id, WIDE.name]
    assert all(
        line.split()[-1] in bot.reason for line, bot in zip(bots, (RUNNING, LOOPING, NAMELESS, WIDE), strict=True)
    )


@pytest.mark.parametrize("width", [None, 60, 80, 100, 200])
def test_columns_line_up_also_under_wide_letters(width: int | None) -> None:
    heads, *bots = table(plain(replace(STATUS, bots=(WIDE, RUNNING, COMPOSED, NAMELESS)), width))
    for column in ("PHASE", "REASON"):
        place = heads.index(column)
        word = str(Phase.RUNNING) if column == "PHASE" else "started"
        assert {cells(line[: line.index(word)]) for line in bots} == {place}


@pytest.mark.parametrize("width", [10, 40, 60, 80, 200])
def test_no_line_runs_over_the_terminal(width: int) -> None:
    long = replace(LOOPING, name="x" * 90, reason="one two " * 40, bot_id="y" * 24)
    lines = plain(replace(STATUS, bots=(RUNNING, LOOPING, WIDE, long)), width)
    assert all(cells(line) <= max(width, 40) for line in (*table(lines), *lines[1 : lines.index("")]))


def test_what_goes_to_a_pipe_is_not_cut() -> None:
    bot = replace(LOOPING, reason="word " * 200)
    assert plain(replace(STATUS, bots=(bot,)))[-3].count("word") == 200


def test_what_is_wrong_stands_on_top_and_says_what_to_do() -> None:
    parked = replace(RUNNING, name="old", phase=Phase.PARKED)
    summary, *rest = plain(replace(STATUS, bots=(RUNNING, LOOPING, parked, replace(parked, bot_id="p" * 24))))
    assert summary.startswith("the0-actors 0.1.0  docker  active  ready  up 1h2m")
    assert [" ".join(line.split()) for line in rest[: rest.index("")]] == [
        "ALARM the stream THE0_EVENTS was recreated",
        (
            "DOWN nats (optional): connection refused, next try in 2s; "
            "`the0-actors validate` asks it, with the same settings"
        ),
        "UNREADABLE document 5f: config is no document; its bot is left as it is until the document is mended",
        "BOT eth-grid is crash-looping; `the0-actors status eth-grid` shows how it ended and what it printed last",
        "BOT 2 bots are parked; `the0-actors status NAME` says why; once that is mended: `the0-actors resume NAME`",
        "OTHERS 1 container (x) on this engine, of installation ba9876543210, which is not ours",
        "NOTE 2 messages of actors were undelivered; the log names them (`dead_letter`)",
    ]


def test_where_all_is_well_nothing_stands_between_the_summary_and_the_bots() -> None:
    lines = plain(replace(STATUS, bots=(RUNNING,), parts=(), quarantined={}, alarms=(), dead_letters=0, strangers=()))
    assert lines[1:3] == ["", "1 bot: 1 running"]
    assert "no bots" in plain(replace(STATUS, bots=()))


def test_parts_that_say_the_same_twice_say_it_once() -> None:
    twice = [PartStatus(name, ok=True, required=True, note="held") for name in ("lease", "schedules: lease")]
    other = PartStatus("schedules: engine", ok=True, required=True, note="followed")
    lines = plain(replace(STATUS, parts=(*twice, other)))
    assert lines[-2:] == ["ok  lease              held", "ok  schedules: engine  followed"]


def test_the_tree_is_shown_on_request() -> None:
    assert not any("fleet" in line for line in plain(STATUS))
    assert any("fleet Fleet  restarts 1, waiting 3" in line for line in plain(STATUS, tree=True))


def coloured(bot: BotStatus) -> str:
    return next(line for line in render_status(replace(STATUS, bots=(bot,))) if bot.name in line and bot.bot_id in line)


def test_the_phase_has_its_colour() -> None:
    assert click.style("running", fg="green") in coloured(RUNNING)
    assert click.style("crash-looping", fg="red") in coloured(LOOPING)


@given(st.text(), st.integers(1, 40))
def test_what_is_cut_fits(text: str, room: int) -> None:
    cut = fit(text, room)
    assert cells(cut) <= room
    assert cut == " ".join(text.split()) or cut.endswith("…")
