"""`deploy` and `undeploy`: from a folder to an archive and an event."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.bin.world import World, spec_of

from the0_actors.actors.domain.answers import Deleted, Held, Wanted
from the0_actors.actors.domain.schedules import Basis, Scheduled
from the0_actors.actors.schedule.timetable import read_timetable
from the0_actors.bin.main import cli

ENV = {"MONGO_URI": "", "NATS_URL": "", "MINIO_ENDPOINT": ""}


def invoke(world: World, *args: str) -> Result:
    return CliRunner().invoke(cli, args, obj=world.environment(), env=ENV)


def takes(world: World, subject: str, payload: bytes) -> None:
    """What a runtime does with the event."""
    event = json.loads(payload)
    scheduled = subject.startswith("the0.bot-schedule.")
    if subject.endswith("deleted"):
        (world.schedules if scheduled else world.answers)[event["id"]] = Deleted(buried=True)
        return
    spec = spec_of(event["id"], event["custom"]["version"], event["custom"]["filePath"])
    if scheduled:
        table = read_timetable(event["config"]["schedule"], "UTC")
        world.schedules[spec.bot_id] = Scheduled(spec, table, 60.0, None, Basis(None, None, None))
    else:
        world.answers[spec.bot_id] = Wanted(spec)


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    folder = tmp_path / "sma"
    folder.mkdir()
    (folder / "main.py").write_text("def main(): ...\n")
    (folder / "bot-schema.json").write_text('{"type": "object"}')
    (folder / "README.md").write_text("# SMA\n")
    (folder / "bot-config.yaml").write_text(
        "name: sma\nversion: 1.2.0\nauthor: me\ntype: realtime\nruntime: python3.11\n"
        "entrypoints:\n  bot: main.py\nschema:\n  bot: bot-schema.json\nreadme: README.md\nmetadata:\n  tags: [x]\n"
    )
    (folder / "config.json").write_text('{"name": "btc", "type": "realtime/other", "symbol": "BTC/USD", "amount": 100}')
    return folder


def test_a_deploy_uploads_and_publishes_what_the_platform_would(bot: Path) -> None:
    world = World(heard=takes)
    result = invoke(world, "deploy", str(bot))
    assert result.exit_code == 0, result.output
    assert "deployed btc 1.2.0 as bot " in result.output
    assert "warning" not in result.output
    ((subject, payload),) = world.published
    event = json.loads(payload)
    assert subject == "the0.bot.created"
    assert event["custom"] == {
        "config": {
            "name": "sma",
            "description": "",
            "version": "1.2.0",
            "type": "realtime",
            "runtime": "python3.11",
            "author": "me",
            "entrypoints": {"bot": "main.py"},
            "schema": {"bot": {"type": "object"}},
            "readme": "# SMA\n",
            "hasFrontend": False,
            "metadata": {"tags": ["x"]},
        },
        "createdAt": "2026-01-02T10:00:00.000Z",
        "updatedAt": "2026-01-02T10:00:00.000Z",
        "filePath": "local/sma/1.2.0",
        "version": "1.2.0",
    }
    config = event["config"]
    assert (config["name"], config["type"], config["version"]) == ("btc", "realtime/sma", "1.2.0")
    assert (config["symbol"], config["amount"]) == ("BTC/USD", 100)
    assert len(config["customBotId"]) == len(event["id"]) == 24
    names = zipfile.ZipFile(io.BytesIO(world.objects["local/sma/1.2.0"])).namelist()
    assert names == ["README.md", "bot-config.yaml", "bot-schema.json", "config.json", "main.py"]


def test_a_second_deploy_is_a_new_version_of_the_same_bot(bot: Path) -> None:
    world = World(heard=takes)
    for _ in range(3):
        assert invoke(world, "deploy", str(bot)).exit_code == 0
    events = [(subject, json.loads(payload)) for subject, payload in world.published]
    assert [subject for subject, _ in events] == ["the0.bot.created", "the0.bot.updated", "the0.bot.updated"]
    assert [event["custom"]["version"] for _, event in events] == ["1.2.0", "1.2.1", "1.2.2"]
    assert len({event["id"] for _, event in events}) == 1
    assert sorted(world.objects) == ["local/sma/1.2.0", "local/sma/1.2.1", "local/sma/1.2.2"]


def test_a_higher_version_in_the_description_is_taken(bot: Path) -> None:
    world = World(heard=takes)
    invoke(world, "deploy", str(bot))
    description = bot / "bot-config.yaml"
    description.write_text(description.read_text().replace("1.2.0", "2.0.0"))
    assert "btc 2.0.0" in invoke(world, "deploy", str(bot)).output


def test_ids_are_never_used_again(bot: Path) -> None:
    world = World(heard=takes)
    lives = [invoke(world, *step).exit_code for step in [("deploy", str(bot)), ("undeploy", "btc")] * 3]
    assert lives == [0] * 6
    ids = [json.loads(payload)["id"] for _, payload in world.published]
    assert ids[0] == ids[1] != ids[2] == ids[3] != ids[4] == ids[5]
    assert world.published[1][0] == "the0.bot.deleted"
    assert "custom" not in json.loads(world.published[1][1])
    assert len(world.objects) == 3  # an archive is never overwritten


def test_two_instances_of_one_bot(bot: Path) -> None:
    world = World(heard=takes)
    invoke(world, "deploy", str(bot))
    invoke(world, "deploy", str(bot), "--name", "eth")
    first, second = (json.loads(payload) for _, payload in world.published)
    assert first["id"] != second["id"]
    assert (first["config"]["name"], second["config"]["name"]) == ("btc", "eth")


def test_a_deploy_that_no_runtime_takes_is_said(bot: Path) -> None:
    world = World()
    before = world.time
    result = invoke(world, "deploy", str(bot))
    assert result.exit_code == 0
    assert "no runtime has taken it yet; start one and ask again" in result.output
    assert "the stream keeps it" in invoke(World(stream=True), "deploy", str(bot)).output
    assert world.time - before < 10


def test_a_deploy_that_loses_against_an_undeploy_says_so(bot: Path) -> None:
    def buries(world: World, _: str, payload: bytes) -> None:
        world.answers[json.loads(payload)["id"]] = Deleted(buried=True)

    result = invoke(World(heard=buries), "deploy", str(bot))
    assert result.exit_code == 1
    assert "undeployed at the same time; deploy again" in result.output


def test_a_held_bot_stays_held(bot: Path) -> None:
    world = World(heard=takes)
    invoke(world, "deploy", str(bot))
    bot_id = json.loads(world.published[0][1])["id"]
    world.heard = World().heard
    world.answers[bot_id] = Held("by hand")
    result = invoke(world, "deploy", str(bot))
    assert "warning" not in result.output
    assert world.published[-1][0] == "the0.bot.updated"


def test_undeploy_of_nobody(bot: Path) -> None:
    result = invoke(World(), "undeploy", "nobody")
    assert result.exit_code == 4
    assert "no bot 'nobody'" in result.output


def test_a_folder_alone_is_enough_and_what_was_guessed_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "My Bot"
    folder.mkdir()
    (folder / "index.js").write_text("exports.main = () => {}")
    world = World(heard=takes)
    result = invoke(world, "deploy", str(folder))
    assert result.exit_code == 0, result.output
    for guess in ("no bot-config.yaml", "name: my-bot", "version: 1.0.0", "type: realtime", "nodejs20", "index.js"):
        assert f"guessed: {guess}" in result.output or guess in result.output
    event = json.loads(world.published[0][1])
    assert event["custom"]["config"]["runtime"] == "nodejs20"
    assert event["custom"]["config"]["entrypoints"] == {"bot": "index.js"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("version: 1.2.0", "version: 1.2"), "bot-config.yaml: version"),
        (("version: 1.2.0", "version: '1.2'"), "x.y.z"),
        (("name: sma", "name: S M A"), "bot-config.yaml: name"),
        (("type: realtime", "type: event"), "realtime or scheduled"),
        (("bot: main.py", "bot: other.py"), "entrypoints.bot"),
        (("bot: main.py", "bot: ../main.py"), "entrypoints.bot"),
        (("readme: README.md", "readme: ../../etc/passwd"), "bot-config.yaml: readme"),
        (("readme: README.md", "readme: [1]"), "bot-config.yaml: readme"),
        (("bot: bot-schema.json", "bot: main.py"), "main.py"),
        (("type: realtime", "type: scheduled"), "config.json: schedule"),
        (("name: sma", "name: [sma"), "bot-config.yaml"),
        (("runtime: python3.11", "runtime: 3"), "bot-config.yaml: runtime"),
        (("metadata:", "metadata: 1\nother:"), "bot-config.yaml: metadata"),
    ],
)
def test_a_bad_description_is_one_line_that_names_file_and_member(
    bot: Path, change: tuple[str, str], said: str
) -> None:
    description = bot / "bot-config.yaml"
    assert change[0] in description.read_text()
    description.write_text(description.read_text().replace(*change))
    world = World()
    result = invoke(world, "deploy", str(bot))
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.splitlines()) == 1
    assert (world.objects, world.published) == ({}, [])


def test_a_scheduled_bot_speaks_on_its_own_subject(bot: Path) -> None:
    description = bot / "bot-config.yaml"
    description.write_text(description.read_text().replace("type: realtime", "type: scheduled"))
    (bot / "config.json").write_text('{"schedule": "* * * * *"}')
    world = World(heard=takes)
    for command in (("deploy", str(bot)), ("deploy", str(bot)), ("undeploy", "sma")):
        result = invoke(world, *command)
        assert result.exit_code == 0, result.output
        assert "warning" not in result.output
    spoken = [(subject.removeprefix("the0.bot-schedule."), json.loads(event)) for subject, event in world.published]
    assert [word for word, _ in spoken] == ["created", "updated", "deleted"]
    assert [event["custom"]["version"] for _, event in spoken[:2]] == ["1.2.0", "1.2.1"]
    assert invoke(world, "undeploy", "sma").exit_code == 4


def test_a_name_is_of_one_kind_at_a_time(bot: Path) -> None:
    world = World(heard=takes)
    assert invoke(world, "deploy", str(bot), "--name", "sma").exit_code == 0
    description = bot / "bot-config.yaml"
    description.write_text(description.read_text().replace("type: realtime", "type: scheduled"))
    (bot / "config.json").write_text('{"schedule": "* * * * *"}')
    result = invoke(world, "deploy", str(bot), "--name", "sma")
    assert result.exit_code == 2
    assert "sma is a realtime bot here; undeploy it first" in result.output
    assert len(world.published) == 1
    invoke(world, "undeploy", "sma")
    assert invoke(world, "deploy", str(bot), "--name", "sma").exit_code == 0
    assert world.published[-1][0].startswith("the0.bot-schedule.")


def test_deploy_needs_nats(bot: Path) -> None:
    env = ENV | {
        "MONGO_URI": "mongodb://db",
        "MINIO_ENDPOINT": "s3:9000",
        "MINIO_ACCESS_KEY": "a",
        "MINIO_SECRET_KEY": "b",
    }
    result = CliRunner().invoke(cli, ["deploy", str(bot)], obj=World().environment(), env=env)
    assert result.exit_code == 2
    assert "--nats-url" in result.output


def test_deploy_without_the_store_publishes_nothing(bot: Path) -> None:
    world = World(down={"mongodb"})
    result = invoke(world, "deploy", str(bot))
    assert result.exit_code == 3
    assert "mongodb is unavailable" in result.output
    assert world.published == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"memory_limit": "lots"}, "memory_limit 'lots' is not understood"),
        ({"stop_grace": "soon"}, "stop_grace 'soon' is not understood"),
        ({"memory_limit": "512m"}, "write 512Mi"),
    ],
)
def test_a_limit_that_cannot_be_had_is_refused_before_anything_is_sent(
    bot: Path, config: dict[str, object], said: str
) -> None:
    (bot / "config.json").write_text(json.dumps(config))
    world = World(heard=takes)
    result = invoke(world, "deploy", str(bot))
    assert result.exit_code == 2
    assert said in result.output
    assert not world.published
