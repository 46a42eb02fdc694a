"""What `run --dry-run` says of containers that are not of the database's installation."""

from click.testing import CliRunner, Result
from tests.bin.world import World, running, spec_of

from the0_actors.actors.domain.answers import Wanted
from the0_actors.bin.main import cli

OTHER = "ba9876543210"


def dry_run(world: World, *args: str) -> Result:
    return CliRunner().invoke(cli, ["run", "--dry-run", *args], obj=world.environment(), env={"MONGO_URI": ""})


def emptied() -> World:
    return World(installation=None, answers={"x": Wanted(spec_of("x"))}, containers=running("x", installation=OTHER))


def test_p06_a_dry_run_on_an_emptied_database_says_that_a_start_would_hold() -> None:
    result = dry_run(emptied())
    assert result.exit_code == 0, result.output
    assert f"hold     the database names no installation, but there were some before: {OTHER} (1 container (x)" in (
        result.output
    )
    assert f"`--adopt-installation {OTHER}`" in result.output
    assert "nothing was done" in result.output
    assert "start" not in result.output.splitlines()[-2].split()[0]


def test_a_dry_run_with_the_word_says_what_would_be_done() -> None:
    adopted = dry_run(emptied(), "--adopt-installation", OTHER)
    assert "adopt    x  runs as wanted" in adopted.output
    assert "strangers" not in adopted.output
    anew = dry_run(emptied(), "--new-installation")
    assert "start    x  has no container" in anew.output
    assert f"strangers: 1 container (x) on this engine, of installation {OTHER}" in anew.output


def test_a_dry_run_names_strangers_beside_our_own() -> None:
    world = World(answers={"a": Wanted(spec_of("a"))}, containers=running("a") | running("x", installation=OTHER))
    result = dry_run(world)
    assert "adopt    a" in result.output
    assert f"of installation {OTHER}, which is not ours" in result.output


def test_a_dry_run_knows_what_the_data_folder_remembers() -> None:
    world = World(installation=None, remembered={OTHER: "engine-1"})
    assert "the data folder remembers it, on this engine" in dry_run(world).output
