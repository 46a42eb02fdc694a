"""Whether bots are kept from the host and from link-local addresses here, as far as that is known before a start."""

from the0_actors.adapters.docker.egress import hindrance
from the0_actors.supervisors.groundwork import client_settings
from the0_actors.supervisors.settings import Egress, Mode, Settings


def hindrance_to_guard(settings: Settings) -> str:
    """Return why bots will reach both although the operator has not said so; empty when they will not."""
    if settings.runtime.mode is Mode.PROCESS or settings.docker.egress is Egress.OPEN:
        return ""
    if settings.docker.network:
        return "the rules are for networks of our own, and --docker-network names another"
    return hindrance(local=client_settings(settings).host.startswith("unix://"))
