"""Preparation over fakes that count, and over the real engine without containers."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from tests.actors.code import zips
from tests.parts.bots import SEARCH_PATH, spec
from tests.parts.waiting import until

from the0_actors.actors.code.archive import ArchiveLimits
from the0_actors.actors.code.preparation import Preparation
from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.limits import Ceiling
from the0_actors.actors.errors import Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.objects import ObjectVersion
from the0_actors.actors.ports.scanner import Finding
from the0_actors.adapters.process.engine import ProcessEngine


@dataclass
class Bucket:
    """An object store in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)
    fetches: list[str] = field(default_factory=list)
    before_fetch: Callable[[], None] = lambda: None

    def stat(self, key: str) -> ObjectVersion | None:
        content = self.objects.get(key)
        return None if content is None else ObjectVersion(sha256(content).hexdigest()[:8], len(content))

    def fetch(self, key: str, into: Path, limit: int) -> ObjectVersion | None:
        self.fetches.append(key)
        self.before_fetch()
        content = self.objects.get(key)
        if content is None:
            return None
        if len(content) > limit:
            raise Unlaunchable(f"{key} is too large")
        into.write_bytes(content)
        return self.stat(key)

    def put(self, key: str, source: Path) -> ObjectVersion:
        raise NotImplementedError

    def ping(self) -> None:
        raise NotImplementedError


@dataclass
class Shelf:
    """As much of an engine as preparation needs."""

    codes: set[str] = field(default_factory=set)
    stored: list[str] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    refuses: Exception | None = None

    def check(self, spec: LaunchSpec) -> None:
        if self.refuses:
            raise self.refuses

    def has_code(self, code_hash: str) -> bool:
        return code_hash in self.codes

    def store_code(self, package: CodePackage) -> None:
        self.stored.append(package.digest)
        self.codes.add(package.digest)

    def prepare(self, spec: LaunchSpec) -> None:
        self.prepared.append(spec.bot_id)


@dataclass
class Stage:
    """All parts of one preparation."""

    bucket: Bucket
    shelf: Shelf
    folder: Path
    preparation: Preparation

    def upload(self, key: str, files: dict[str, bytes | str]) -> str:
        path = zips.honest(self.folder.parent / "upload.zip", files)
        self.bucket.objects[key] = path.read_bytes()
        return sha256(path.read_bytes()).hexdigest()


def make(tmp_path: Path, **options: Any) -> Stage:
    bucket, shelf, folder = Bucket(), Shelf(), tmp_path / "archives"
    folder.mkdir()
    return Stage(bucket, shelf, folder, Preparation(cast("Engine", shelf), bucket, folder=folder, **options))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = make(tmp_path)
    yield made
    assert list(made.folder.iterdir()) == [], "no archive is left"


KEY = "user/bot/1.0.0"
FILES: dict[str, bytes | str] = {"main.py": "def main(id, config): pass"}


def test_cod_01_fetched_stored_and_the_rest_prepared(stage: Stage) -> None:
    digest = stage.upload(KEY, FILES)
    assert stage.preparation.prepare(spec()) == digest
    assert (stage.shelf.stored, stage.shelf.prepared) == ([digest], ["bot1"])


def test_what_a_bot_may_not_ask_for_parks_it_before_anything_is_fetched(tmp_path: Path) -> None:
    stage = make(tmp_path, ceilings=lambda: {"memory_limit": Ceiling(1 << 30, "--max-memory")})
    stage.upload(KEY, FILES)
    with pytest.raises(Unlaunchable, match="'64Gi' is above the ceiling of 1Gi; --max-memory raises it"):
        stage.preparation.prepare(spec(config_json='{"memory_limit":"64Gi"}'))
    assert stage.bucket.fetches == []
    stage.preparation.prepare(spec(config_json='{"memory_limit":"1Gi"}'))


def test_known_code_is_not_fetched_again(stage: Stage) -> None:
    stage.upload(KEY, FILES)
    assert stage.preparation.prepare(spec()) == stage.preparation.prepare(spec(bot_id="bot2"))
    assert (stage.bucket.fetches, stage.shelf.prepared) == ([KEY], ["bot1", "bot2"])


def test_p38_code_that_the_engine_lost_is_fetched_again(stage: Stage) -> None:
    digest = stage.upload(KEY, FILES)
    stage.preparation.prepare(spec())
    stage.shelf.codes.clear()
    assert stage.preparation.prepare(spec()) == digest
    assert stage.shelf.stored == [digest, digest]


def test_p13_a_changed_object_under_the_same_key_is_fetched(stage: Stage) -> None:
    first = stage.upload(KEY, FILES)
    assert stage.preparation.prepare(spec()) == first
    second = stage.upload(KEY, {"main.py": "def main(id, config): print('fixed')"})
    assert stage.preparation.prepare(spec()) == second != first


def test_the_same_content_under_two_keys_is_stored_once(stage: Stage) -> None:
    digest = stage.upload(KEY, FILES)
    stage.bucket.objects["other"] = stage.bucket.objects[KEY]
    stage.preparation.prepare(spec())
    assert stage.preparation.prepare(spec(code_key="other")) == digest
    assert stage.shelf.stored == [digest]


def test_an_object_that_changes_while_it_is_fetched_is_not_mistaken(stage: Stage) -> None:
    first = stage.upload(KEY, FILES)
    old = stage.bucket.objects[KEY]
    second = stage.upload(KEY, {"main.py": "2"})
    new = stage.bucket.objects[KEY]
    stage.bucket.objects[KEY] = old
    stage.bucket.before_fetch = lambda: stage.bucket.objects.update({KEY: new})
    assert stage.preparation.prepare(spec()) == second
    stage.bucket.before_fetch = lambda: None
    stage.bucket.objects[KEY] = old
    assert stage.preparation.prepare(spec()) == first, "the old version was never taken for the new one"


def test_cod_02_no_object_may_come_yet(stage: Stage) -> None:
    with pytest.raises(Refused, match=r"no object 'user/bot/1\.0\.0'"):
        stage.preparation.prepare(spec())
    stage.upload(KEY, FILES)
    stage.preparation.prepare(spec())


def test_an_object_that_vanishes_before_the_fetch(stage: Stage) -> None:
    stage.upload(KEY, FILES)
    stage.bucket.before_fetch = stage.bucket.objects.clear
    with pytest.raises(Refused, match="no object"):
        stage.preparation.prepare(spec())


@pytest.mark.parametrize("error", [Unavailable("objects", "down"), RuntimeError("a bug of ours")])
def test_p06_an_outage_passes_through_and_leaves_nothing(stage: Stage, error: Exception) -> None:
    stage.upload(KEY, FILES)

    def fail() -> None:
        raise error

    stage.bucket.before_fetch = fail
    with pytest.raises(type(error)):
        stage.preparation.prepare(spec())
    stage.bucket.before_fetch = lambda: None
    stage.preparation.prepare(spec())


def test_what_the_engine_can_never_run_is_not_fetched(stage: Stage) -> None:
    stage.upload(KEY, FILES)
    stage.shelf.refuses = Unlaunchable("runtime 'cobol85'")
    with pytest.raises(Unlaunchable, match="cobol85"):
        stage.preparation.prepare(spec())
    assert stage.bucket.fetches == []


def test_a_hostile_archive_is_not_stored(stage: Stage) -> None:
    stage.upload(KEY, {"../main.py": ""})
    with pytest.raises(Unlaunchable, match="leads out"):
        stage.preparation.prepare(spec())
    assert stage.shelf.stored == []


def test_an_archive_above_the_limit_is_not_fetched_whole(tmp_path: Path) -> None:
    stage = make(tmp_path, limits=ArchiveLimits(archive=10))
    stage.upload(KEY, FILES)
    with pytest.raises(Unlaunchable, match="too large"):
        stage.preparation.prepare(spec())


@pytest.mark.parametrize(
    ("entrypoint", "file"),
    [
        ("main.py", "main.py"),
        ("main", "main.py"),
        ("./src/main", "src/main.js"),
        ("src", "src/index.js"),
        ("bot", "bot"),
    ],
)
def test_entry_points_that_are_there(stage: Stage, entrypoint: str, file: str) -> None:
    stage.upload(KEY, {file: "x"})
    stage.preparation.prepare(spec(entrypoint=entrypoint))


def test_p71_a_missing_entry_point_is_named_with_what_is_there(stage: Stage) -> None:
    stage.upload(KEY, {"bot.py": "x", "vendor/lib.py": "x", "a/b.py": "x"})
    with pytest.raises(Unlaunchable) as caught:
        stage.preparation.prepare(spec(entrypoint="main.py"))
    assert str(caught.value) == "no entry point 'main.py' in the archive; it holds a/b.py, bot.py"
    assert stage.preparation.prepare(spec(entrypoint="bot.py")), "the same version with its right entry point"
    with pytest.raises(Unlaunchable):
        stage.preparation.prepare(spec(entrypoint="main.py"))


def test_p71_an_empty_archive_is_named(stage: Stage) -> None:
    stage.upload(KEY, {})
    with pytest.raises(Unlaunchable, match="it holds no files"):
        stage.preparation.prepare(spec())


class Suspicious:
    """A scanner that finds the word `evil`."""

    def scan(self, package: CodePackage) -> Iterator[Finding]:
        for file in package.files:
            if b"evil" in b"".join(package.read(file.path)):
                yield Finding("evil_word", file.path)


def test_what_the_scan_finds_is_not_stored(tmp_path: Path) -> None:
    stage = make(tmp_path, scanner=Suspicious())
    stage.upload(KEY, {"main.py": "evil", "x.py": "fine", "y.py": "evil"})
    with pytest.raises(Unlaunchable, match=r"evil_word in main\.py, evil_word in y\.py"):
        stage.preparation.prepare(spec())
    assert stage.shelf.stored == []
    stage.upload(KEY, FILES)
    stage.preparation.prepare(spec())


def prepare_at_once(stage: Stage, bots: int) -> list[object]:
    """Prepare many bots of one version while the first fetch is held until all are waiting."""
    outcomes: list[object] = []

    def one(number: int) -> None:
        try:
            outcomes.append(stage.preparation.prepare(spec(bot_id=f"bot{number}")))
        except (Unavailable, Refused) as error:
            outcomes.append(error)

    with ThreadPoolExecutor(bots) as pool:
        for number in range(bots):
            pool.submit(one, number)
    return outcomes


def test_p73_a_hundred_bots_of_one_version_fetch_once(stage: Stage) -> None:
    digest = stage.upload(KEY, FILES)
    assert prepare_at_once(stage, 100) == [digest] * 100
    assert (stage.bucket.fetches, stage.shelf.stored) == ([KEY], [digest])
    assert len(stage.shelf.prepared) == 100


def test_those_who_wait_share_a_failure_and_the_next_try_is_new(stage: Stage) -> None:
    stage.upload(KEY, FILES)
    waiting = threading.Semaphore(0)
    flights = stage.preparation

    def fail() -> None:
        assert waiting.acquire(timeout=20)
        raise Unavailable("objects", "down")

    stage.bucket.before_fetch = fail
    original = stage.shelf.check
    asked: list[str] = []

    def check(spec: LaunchSpec) -> None:
        asked.append(spec.bot_id)
        original(spec)

    stage.shelf.check = check  # type: ignore[method-assign]
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(flights.prepare, spec(bot_id=f"bot{n}")) for n in range(5)]
        until(lambda: len(asked) == 5, "all have asked")
        waiting.release(5)
        errors = [call.exception(timeout=20) for call in calls]
    assert all(isinstance(error, Unavailable) for error in errors)
    stage.bucket.before_fetch = lambda: None
    flights.prepare(spec())


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    stage = make(tmp_path, deadline=0.05)
    stage.upload(KEY, FILES)
    started, go = threading.Event(), threading.Event()

    def hang() -> None:
        started.set()
        assert go.wait(20)

    stage.bucket.before_fetch = hang
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(stage.preparation.prepare, spec())
        assert started.wait(20)
        with pytest.raises(Unavailable, match="still being fetched"):
            stage.preparation.prepare(spec(bot_id="bot2"))
        go.set()
        first.result(20)


def test_with_a_real_engine(tmp_path: Path) -> None:
    stage = make(tmp_path)
    engine = ProcessEngine(tmp_path / "engine", "ours", search_path=SEARCH_PATH)
    preparation = Preparation(engine, stage.bucket, folder=stage.folder)
    digest = stage.upload(KEY, FILES)
    assert preparation.prepare(spec()) == digest
    assert engine.has_code(digest)
