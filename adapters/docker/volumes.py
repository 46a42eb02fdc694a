"""The volumes of an installation: code, once per content; and how much the bots' states take.

Code is complete when its marker is there, which is written last. Filling is done under one container name per
content, so that the engine lets one fill at a time, also among runtimes: files are never written anew under a bot that
has begun to run from them. Who finds the name taken for a while removes that filler: its runtime was killed, or lost
its lease to us. The engine ends a writing into a container before it removes it, and none begins after.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.errors import Gone, Unavailable
from the0_actors.adapters.disk_usage import measure
from the0_actors.adapters.docker import labels, names
from the0_actors.adapters.docker.archive import code_stream
from the0_actors.adapters.docker.body import CODE, MARKER, Body, volume
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import PART, Conflict, translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.helpers import Helpers
from the0_actors.adapters.docker.options import DockerOptions


class Volumes:
    """What is kept in the engine beside the containers."""

    def __init__(self, connection: Connection, helpers: Helpers, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._installation = installation
        self._patience = options.timeouts.slow
        self._helper_age, self._filler_age = options.helper_age, options.filler_age
        self._helpers = helpers
        self._flights = Flights()
        # Code that was seen whole: looking anew costs a container. A bot's own container is looked through before it
        # starts unless others hold the code, so what was lost since is found out there, and forgotten here.
        self._whole: set[str] = set()

    def has_code(self, code_hash: str) -> bool:
        """Tell whether code is there and complete, as far as we know."""
        if code_hash in self._whole:
            return True
        if not self._exists(names.code_volume(self._installation, code_hash)):
            return False
        with self._helpers.over(self._code_mount(code_hash)) as helper, translated("look for code"):
            whole = self._connection.has_path(helper, MARKER)
        if whole:
            self._whole.add(code_hash)
        return whole

    def forget_code(self, code_hash: str) -> None:
        """Look again before code of that content is believed to be there: it was not."""
        self._whole.discard(code_hash)

    def store_code(self, package: CodePackage) -> None:
        """Put code into its volume unless it is complete."""
        self._flights.run(package.digest, lambda: self._fill_one_at_a_time(package), self._patience)

    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Measure these bots' state volumes, without asking the engine where its disk is this host's."""
        wanted = [f"{labels.INSTALLATION}={self._installation}", f"{labels.ROLE}=state"]
        with translated("list volumes"):
            found = self._connection.quick.volumes(filters={"label": wanted})["Volumes"] or []
            owners = {str(item["Name"]): str(item["Labels"].get(labels.BOT, "")) for item in found}
            owners = {name: bot_id for name, bot_id in owners.items() if bot_id in bot_ids}
            places = {item["Name"]: Path(item["Mountpoint"]) for item in found if item["Name"] in owners}
            if self._connection.local and all(os.access(place, os.R_OK | os.X_OK) for place in places.values()):
                return measure({owners[name]: place for name, place in places.items()})
            usage = self._connection.volume_usage() if owners else {}
        return tuple(Kept(bot_id, usage[name]) for name, bot_id in owners.items() if usage.get(name, -1) >= 0)

    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove code volumes that no container and nobody in `in_use` needs; return how many."""
        self._helpers.sweep(self._helper_age)
        removed = 0
        for name, code_hash in self._unused_code().items():
            if code_hash not in in_use:
                with suppress(Conflict):  # a container has it meanwhile, of a bot or of a filler
                    self._remove(name)
                    self._whole.discard(code_hash)
                    removed += 1
        return removed

    def _fill_one_at_a_time(self, package: CodePackage) -> None:
        try:
            self._fill(package)
        except Conflict:
            self._helpers.sweep(self._filler_age, names.filler_name(self._installation, package.digest))
            self._fill_unless_another_does(package)
        except Gone as error:
            raise Unavailable(PART, f"the helper that stores code {package.digest} was removed") from error

    def _fill_unless_another_does(self, package: CodePackage) -> None:
        try:
            self._fill(package)
        except (Conflict, Gone) as error:
            raise Unavailable(PART, f"another runtime is storing code {package.digest}") from error

    def _fill(self, package: CodePackage) -> None:
        name = names.filler_name(self._installation, package.digest)
        with self._helpers.over(self._code_mount(package.digest), name) as helper, translated("store code"):
            if not self._connection.has_path(helper, MARKER):
                self._connection.slow.put_archive(helper, CODE, code_stream(package))
        self._whole.add(package.digest)

    def _code_mount(self, code_hash: str) -> Body:
        code_labels = labels.of_part(self._installation, "code", code_hash=code_hash)
        return volume(names.code_volume(self._installation, code_hash), CODE, code_labels)

    def _unused_code(self) -> Mapping[str, str]:
        """Return name to code hash of this installation's code volumes that no container has."""
        wanted = [f"{labels.INSTALLATION}={self._installation}", f"{labels.ROLE}=code"]
        with translated("list volumes"):
            filters = {"label": wanted, "dangling": True}
            found = self._connection.quick.volumes(filters=filters)["Volumes"] or []
            return {item["Name"]: item["Labels"].get(labels.CODE_HASH, "") for item in found}

    def _exists(self, name: str) -> bool:
        try:
            with translated(f"look for volume {name}"):
                self._connection.quick.inspect_volume(name)
        except Gone:
            return False
        return True

    def _remove(self, name: str) -> None:
        with suppress(Gone), translated(f"remove volume {name}"):
            self._connection.slow.remove_volume(name)
