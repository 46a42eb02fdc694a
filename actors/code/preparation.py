"""Brings what a bot needs into the engine, before anything of its present life is touched.

Fetch, check, scan, store: once per content, however many bots run it and however often they start. What is
remembered (which object version has which content) only saves work; the engine alone says what it holds.
Nothing here retries: an error says whether a retry can help (`Unavailable`, `Refused`) or not (`Unlaunchable`).
"""

import tempfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from threading import Lock

import structlog

from the0_actors.actors.code.archive import DEFAULT_LIMITS, ArchiveLimits, open_package
from the0_actors.actors.code.shared import SharedLook
from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.limits import Ceilings
from the0_actors.actors.errors import Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.objects import CodeObjects
from the0_actors.actors.ports.scanner import Scanner

KNOWN_VERSIONS = 4096
"""How many object versions' contents are remembered, about 300 bytes each."""

_SHOWN = 8

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Version:
    """What one fetch settles: an object version, and that it has this entry point."""

    key: str
    etag: str
    entrypoint: str


class Preparation:
    """Prepares bots. Thread-safe; calls block and belong on a lane's thread."""

    def __init__(
        self,
        engine: Engine,
        objects: CodeObjects,
        *,
        limits: ArchiveLimits = DEFAULT_LIMITS,
        scanner: Scanner | None = None,
        ceilings: Callable[[], Ceilings] = dict,
        folder: Path | None = None,
        deadline: float = 600,
    ) -> None:
        """Keep the parts.

        `ceilings` says what may be granted; it may ask the engine's host, and raise what the ports raise.
        `folder` takes the archives while they are checked (None: the system's place); `deadline` is how many
        seconds one caller waits for another one's fetch of the same version.
        """
        self._engine = engine
        self._objects = objects
        self._stat = SharedLook(objects.stat)
        self._limits = limits
        self._scanner = scanner
        self._ceilings = ceilings
        self._folder = folder
        self._deadline = deadline
        self._lock = Lock()
        self._known: OrderedDict[_Version, str] = OrderedDict()
        self._flights: dict[_Version, Future[str]] = {}

    def prepare(self, spec: LaunchSpec) -> str:
        """Return the content hash of the bot's code, which is in the engine then, as is all else it starts from.

        Raises `Unlaunchable` for what stays wrong; `Refused` when there is no such object (it may be uploaded
        yet) or the engine says no; `Unavailable`.
        """
        self._engine.check(spec)
        if refusal := spec.refusal(self._ceilings()):
            raise Unlaunchable(refusal)
        found = self._stat(spec.code_key)
        if found is None:
            raise _no_object(spec.code_key)
        code_hash = self._fly(_Version(spec.code_key, found.etag, spec.entrypoint))
        self._engine.prepare(spec)
        return code_hash

    def _remember(self, version: _Version, code_hash: str) -> None:
        with self._lock:
            self._known[version] = code_hash
            self._known.move_to_end(version)
            while len(self._known) > KNOWN_VERSIONS:
                self._known.popitem(last=False)

    def _fly(self, version: _Version) -> str:
        """Look and fetch once for all who ask for the same version meanwhile; they share the outcome, error or not."""
        with self._lock:
            flight = self._flights.get(version)
            leads = flight is None
            if flight is None:
                flight = self._flights[version] = Future()
        if leads:
            try:
                flight.set_result(self._find(version) or self._bring(version))
            except BaseException as error:  # noqa: BLE001 - raised again below, here and for those who wait
                flight.set_exception(error)
            with self._lock:
                del self._flights[version]
        try:
            return flight.result(self._deadline)
        except TimeoutError:
            raise Unavailable("objects", f"{version.key} is still being fetched") from None

    def _find(self, version: _Version) -> str | None:
        with self._lock:
            code_hash = self._known.get(version)
        return code_hash if code_hash and self._engine.has_code(code_hash) else None

    def _bring(self, version: _Version) -> str:
        with tempfile.TemporaryDirectory(prefix="the0-code-", dir=self._folder) as folder:
            path = Path(folder, "code.zip")
            fetched = self._objects.fetch(version.key, path, self._limits.archive)
            if fetched is None:
                raise _no_object(version.key)
            with open_package(path, self._limits) as package:
                _check_entry(package, version.entrypoint)
                self._store(package, version.key)
        self._remember(replace(version, etag=fetched.etag), package.digest)
        return package.digest

    def _store(self, package: CodePackage, key: str) -> None:
        if self._engine.has_code(package.digest):
            return
        findings = list(islice(self._scanner.scan(package), _SHOWN)) if self._scanner else []
        if findings:
            named = ", ".join(f"{finding.rule} in {finding.path}" for finding in findings)
            raise Unlaunchable(f"the scan of the code found {named}")
        self._engine.store_code(package)
        log.info("code_stored", key=key, code_hash=package.digest, files=len(package.files))


def _no_object(key: str) -> Refused:
    return Refused(f"no object {key!r} in the code bucket")


def _check_entry(package: CodePackage, entrypoint: str) -> None:
    """Find the entry point, with what an interpreter adds to it by itself. A wrong guess shows when the bot starts."""
    entry = str(PurePosixPath(entrypoint))
    paths = {file.path for file in package.files}
    if not paths.intersection((entry, f"{entry}.py", f"{entry}.js", f"{entry}/index.js")):
        own = [path for path in sorted(paths) if not path.startswith(("vendor/", "node_modules/"))]
        shown = ", ".join(own[:_SHOWN]) + (", …" if len(own) > _SHOWN else "")
        raise Unlaunchable(f"no entry point {entrypoint!r} in the archive; it holds {shown or 'no files'}")
