"""Folders that `deploy` refuses, in one line and before anything is uploaded, and what it says of those it takes."""

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.bin.world import World

from the0_actors.actors.code.archive import ArchiveLimits
from the0_actors.bin import refusals
from the0_actors.bin.main import cli

ENV = {"MONGO_URI": "", "NATS_URL": "", "MINIO_ENDPOINT": ""}


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    folder = tmp_path / "sma"
    folder.mkdir()
    (folder / "main.py").write_text("def main(): ...\n")
    return folder


def deploy(world: World, folder: Path) -> Result:
    return CliRunner().invoke(cli, ["deploy", str(folder)], obj=world.environment(), env=ENV)


def refused(folder: Path) -> str:
    """Return the one line that says why; nothing must have been done."""
    world = World()
    result = deploy(world, folder)
    assert result.exit_code == 2, result.output
    assert (world.objects, world.published) == ({}, [])
    (line,) = [line for line in result.output.splitlines() if not line.startswith("guessed: ")]
    return line


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("config.json", '{"risk": {"limit": NaN}}', "config.json: risk.limit: nan is not valid"),
        ("config.json", '{"levels": [1, -Infinity]}', "config.json: levels[1]"),
        ("config.json", '{"amount": 1e400}', "config.json: amount"),
        ("config.json", '{"note": "\\ud83d"}', "config.json: note"),
        ("config.json", "[" * 100_000, "config.json"),
        ("bot-config.yaml", "name: sma\nmetadata:\n  since: 2024-01-01\n", "metadata.since: '2024-01-01'"),
        ("bot-config.yaml", "name: sma\nmetadata:\n  limit: .inf\n", "bot-config.yaml: metadata.limit"),
        ("bot-config.yaml", "name: sma\nmetadata:\n  2024-01-01: x\n", "bot-config.yaml: metadata"),
        ("bot-config.yaml", "name: sma\nmetadata:\n  key: !!binary aGk=\n", "bot-config.yaml: metadata.key"),
        ("bot-config.yaml", "name: sma\nschema:\n  bot:\n    default: .nan\n", "bot-config.yaml: schema.bot.default"),
        ("bot-config.yaml", "name: sma\nruntime: cobol85\n", "'cobol85' is not one of"),
        ("config.json", json.dumps({"note": "x" * 131_072}), "no runtime would run it"),
    ],
)  # fmt: skip
def test_what_json_or_a_runtime_cannot_hold(bot: Path, name: str, text: str, said: str) -> None:
    (bot / name).write_text(text)
    assert said in refused(bot)


def test_an_archive_that_would_park_the_bot(bot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bot / "a\\b.py").write_text("")
    assert "no runtime would run it: the name 'a\\\\b.py' in the archive has a backslash" in refused(bot)
    (bot / "a\\b.py").unlink()
    monkeypatch.setattr(refusals, "DEFAULT_LIMITS", ArchiveLimits(files=3))
    for number in range(3):
        (bot / f"{number}.py").touch()
    assert "the archive has 4 entries, more than 3" in refused(bot)


def test_a_name_that_is_no_text(bot: Path) -> None:
    os.close(os.open(os.fsencode(bot) + b"/caf\xe9.py", os.O_CREAT | os.O_WRONLY))
    assert "names in UTF-8: rename it" in refused(bot)


def test_a_link_that_leaves_says_how_to_leave_it_out(bot: Path) -> None:
    (bot / "venv" / "bin").mkdir(parents=True)
    (bot / "venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    assert "venv/bin/python: '/usr/bin/python3' is not valid" in refused(bot)
    assert "add it to .the0ignore" in refused(bot)
    (bot / ".the0ignore").write_text("venv/\n")
    assert deploy(World(), bot).exit_code == 0


def test_a_blank_database_is_deployed(bot: Path) -> None:
    with (bot / "history.db").open("wb") as file:
        file.truncate(4 << 20)
    assert deploy(World(), bot).exit_code == 0


def test_a_mark_at_the_begin_of_a_file_is_no_part_of_it(bot: Path) -> None:
    (bot / "config.json").write_text('{"name": "btc"}', encoding="utf-8-sig")
    (bot / ".the0ignore").write_text("secrets.json\n", encoding="utf-8-sig")
    (bot / "secrets.json").write_text("{}")
    world = World()
    assert "deployed btc" in deploy(world, bot).output
    (archive,) = world.objects.values()
    assert zipfile.ZipFile(BytesIO(archive)).namelist() == ["config.json", "main.py"]


def test_what_is_replaced_in_the_config_is_said(bot: Path) -> None:
    (bot / "config.json").write_text('{"type": "realtime/other", "version": "9.9.9", "customBotId": "mine", "x": 1}')
    said = deploy(World(), bot).output
    assert "replaced: type in config.json: 'realtime/other' becomes 'realtime/sma'" in said
    assert "replaced: version in config.json: '9.9.9' becomes '1.0.0'" in said
    assert "replaced: customBotId in config.json: 'mine' becomes '" in said
    (bot / "config.json").write_text('{"type": "realtime/sma", "x": 1}')
    assert "replaced" not in deploy(World(), bot).output
