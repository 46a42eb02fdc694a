"""How a bot's container comes into being: with its code whole and with what it keeps its own, in few calls.

The create is made always. Code is looked at through the container unless another that is there holds it; the folder of
what a bot keeps is given to its user. Neither is done for a container that takes the place of one that had both, unless
that one was itself made so and was ended by the launcher, which happens where one of them is missing.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import CodeMissing, Gone, NameTaken, Refused, The0ActorsError, Unavailable
from the0_actors.actors.ports.engine import Again, Blueprint, Fresh
from the0_actors.adapters.docker import body, labels
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import Conflict, translated
from the0_actors.adapters.docker.holds import Held, Holds, Run
from the0_actors.adapters.docker.images import Images
from the0_actors.adapters.docker.networks import Networks
from the0_actors.adapters.docker.owners import Owners
from the0_actors.adapters.docker.states import States
from the0_actors.adapters.docker.volumes import Volumes

_LAUNCHER_FAILED = 1
"""Its exit code when it could not bring a bot to life; the bot's own may be the same."""
_LIVED = frozenset({Status.RUNNING, Status.PAUSED, Status.EXITED})


@dataclass(frozen=True, slots=True)
class Births:
    """Makes the containers of one installation, out of what its other parts know."""

    connection: Connection
    installation: str
    images: Images
    networks: Networks
    volumes: Volumes
    states: States
    owners: Owners
    holds: Holds
    wanted: Callable[[LaunchSpec, str], body.Body]
    fingerprint: Callable[[LaunchSpec, str], str]

    def create(self, name: str, blueprint: Blueprint, birth: Birth) -> str:
        """Create a container under its name; return its id. Raises what `Engine.create` does."""
        run = self.holds.run
        if run is None:
            self.states.doubt()
        match blueprint:
            case Fresh(spec, code_hash):
                bot_id, request, before = spec.bot_id, self._fresh(spec, code_hash, birth), None
            case Again(container):
                bot_id, request, before = container.bot_id, self._again(container, birth), container
                code_hash = container.code_hash
        held, user = self.holds.inherit(bot_id, before.container_id if before else None), request["User"]
        doubtful = held is not None and held.heir and _may_be_the_launchers(before)
        heir = held is not None and not doubtful
        whole = heir or self.owners.has(bot_id, user) or self.states.is_new(bot_id)
        container_id = self._made(name, request) if before else self._made_with_image(name, request)
        with self._removed_on_failure(container_id):
            seen = self.holds.has(code_hash) and not doubtful
            if not (seen or heir):
                self._see_code(container_id, code_hash)
            if not heir:
                self.states.give(container_id, bot_id, request["Image"], user, whole=whole)
        self.owners.given(bot_id, user)
        self.holds.there(run, Held(container_id, bot_id, code_hash if seen or not heir else "", heir))
        return container_id

    def learn(self, run: Run | None, listed: Iterable[tuple[Observed, str]]) -> None:
        """Learn from a listing that began while `run` was followed: of whom it has, with the label of the user.

        One that has lived had whole code, and what it keeps was its own, or it would not have been started.
        """
        if run is None or run is not self.holds.run:
            return
        for one, uid in listed:
            if one.installation == self.installation and one.status in _LIVED:
                self.holds.there(run, Held(one.container_id, one.bot_id, one.code_hash))
                self.owners.seen(one.bot_id, uid)

    def _fresh(self, spec: LaunchSpec, code_hash: str, birth: Birth) -> body.Body:
        fingerprint = {labels.FINGERPRINT: self.fingerprint(spec, code_hash)}
        request = self.owners.dress(spec.bot_id, self.wanted(spec, code_hash))
        return body.born(request, self.networks.take(), birth, fingerprint)

    def _again(self, container: Observed, birth: Birth) -> body.Body:
        saved: body.Body = container.body  # type: ignore[assignment]
        network = saved["HostConfig"]["NetworkMode"]
        if self.networks.own(network):
            network = self.networks.take()
        return body.born(saved, network, birth, {labels.INSTALLATION: self.installation})

    def _made_with_image(self, name: str, request: body.Body) -> str:
        """Create it; bring an image again that was removed since it was seen. That there is none is an obstacle."""
        try:
            return self._made(name, request)
        except Gone:
            self.images.forget(request["Image"])
        try:
            self.images.ensure(request["Image"])
        except Unavailable as error:
            raise Refused(str(error)) from error
        try:
            return self._made(name, request)
        except Gone as error:
            raise Refused(str(error)) from error

    def _made(self, name: str, request: body.Body) -> str:
        try:
            with translated(f"create {name}"):
                return str(self.connection.slow.create_container_from_config(request, name)["Id"])
        except Conflict as error:
            raise NameTaken(str(error)) from error

    @contextmanager
    def _removed_on_failure(self, container_id: str) -> Generator[None]:
        """Leave no container that must not be started."""
        try:
            yield
        except BaseException:
            with suppress(The0ActorsError), translated(f"remove {container_id}"):  # the caller looks in any case
                self.connection.slow.remove_container(container_id, v=True)
            raise

    def _see_code(self, container_id: str, code_hash: str) -> None:
        """Look at the marker through the container itself: the engine makes a missing volume anew, empty."""
        with translated(f"look for code in {container_id}"):
            whole = self.connection.has_path(container_id, body.MARKER)
        self.holds.saw(code_hash, whole=whole)
        if not whole:
            self.volumes.forget_code(code_hash)
            raise CodeMissing(f"the code of container {container_id} is not whole")


def _may_be_the_launchers(container: Observed | None) -> bool:
    """Tell whether a container may have ended because the launcher found no code or no state."""
    return container is None or container.exit is None or container.exit.code == _LAUNCHER_FAILED
