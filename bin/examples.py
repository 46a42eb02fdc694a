"""The example bots: deployed once, at the first start of a data folder whose servers are all our own.

They go the way of every bot, archive and event; a platform's own NATS never hears of them. Which were deployed is
asked of the database, and that it is done stands in a mark beside the servers' data, so that a bot which was
undeployed stays away and `down --purge` begins anew.
"""

from importlib.resources import files
from pathlib import Path

from the0_actors.actors.errors import The0ActorsError
from the0_actors.bin.announce import Announcer
from the0_actors.bin.bot_folder import read_folder
from the0_actors.bin.deployment import Deployment, deployment_on
from the0_actors.bin.environment import Environment
from the0_actors.bin.packing import files_of
from the0_actors.bin.settings_flags import connected
from the0_actors.supervisors.settings import Part, Settings


def wanted(settings: Settings) -> bool:
    """Tell whether this run is to deploy them."""
    return settings.embedded.parts == frozenset(Part) and not _mark(settings).exists()


def deploy_examples(around: Environment, settings: Settings, tell: Announcer) -> None:
    """Deploy those that never were, and remember it. What fails is told, and tried again at the next start."""
    try:
        with connected(around.wiring(), settings, start=False) as live:
            deployment = deployment_on(around, live)
            bots = dict(bot for folder in _folders() if (bot := _deploy(deployment, folder)) is not None)
        _mark(settings).touch()
    except (The0ActorsError, OSError) as error:
        tell.warn("examples_failed", f"cannot deploy the example bots: {error}", reason=str(error))
        return
    if bots:
        named = ", ".join(f"{name} ({bot_id})" for name, bot_id in bots.items())
        tell.say("examples_deployed", f"deployed the example bots {named}; --no-examples leaves them out", bots=bots)


def _deploy(deployment: Deployment, folder: Path) -> tuple[str, str] | None:
    """Return name and id of the example's bot; None when there was nothing to do."""
    told = read_folder(folder, files_of(folder))
    name = str(told.config.get("name") or told.custom.name)
    if not deployment.is_new(name):
        return None
    return name, deployment.send(folder, told, name).bot_id


def _folders() -> list[Path]:
    folder = Path(str(files("the0_actors"))) / "examples"
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _mark(settings: Settings) -> Path:
    return settings.embedded.servers_dir / "examples-deployed"
