"""Outages of a real server: everything is `Unavailable` meanwhile, and works again by itself."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure
from tests.parts.documents import BOT, at, created, updated
from tests.parts.mongo import Databases, Mongo
from tests.parts.processes import free_port
from tests.parts.waiting import until

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.events import Applied
from the0_actors.actors.errors import InvalidSetting, Unavailable
from the0_actors.adapters.mongo.failures import describe
from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.store import MongoBotStore

pytestmark = pytest.mark.mongo


def works(store: MongoBotStore) -> bool:
    try:
        return isinstance(store.read(BOT), Wanted)
    except Unavailable:
        return False


def test_p33_a_server_that_dies_and_returns(own_mongo: Mongo) -> None:
    databases = Databases(own_mongo)
    store = databases.store(deadline=1.0)
    store.installation("engine")
    store.apply(created(), at(1))
    before = store.list()
    own_mongo.kill()
    for call in (store.list, lambda: store.read(BOT), lambda: store.apply(updated(x=1), at(2)), store.ping):
        with pytest.raises(Unavailable):
            call()
    own_mongo.start()
    begun = time.monotonic()
    until(lambda: works(store), "the store works again", seconds=10)
    assert time.monotonic() - begun < 5
    assert store.list() == before
    databases.close()


def test_p33_a_server_that_comes_after_us(own_mongo: Mongo) -> None:
    own_mongo.stop()
    databases = Databases(own_mongo)
    store = databases.store(deadline=1.0)
    with pytest.raises(Unavailable, match="no server answered"):
        store.installation("engine")
    own_mongo.start()
    until(lambda: _answers(store.ping), "the store works")
    assert store.installation("engine").engine == "engine"
    databases.close()


def _answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except Unavailable:
        return False
    return True


def test_p33_one_lost_connection_is_retried_and_not_seen(databases: Databases, failing: Callable[..., None]) -> None:
    store = databases.store()
    store.installation("engine")
    store.apply(created(), at(1))
    for command in ("find", "update"):
        failing({"times": 1}, failCommands=[command], closeConnection=True)
        store.apply(updated(x=command), at(len(command)))
        assert isinstance(store.read(BOT), Wanted)


def test_p33_a_silent_server_costs_no_more_than_the_deadline(own_mongo: Mongo) -> None:
    databases = Databases(own_mongo)
    store = databases.store(deadline=1.0, listing_deadline=1.0)
    store.installation("engine")
    own_mongo.signal(19)  # SIGSTOP: connected, and no answer
    begun = time.monotonic()
    for call in (store.list, lambda: store.read(BOT)):
        with pytest.raises(Unavailable):
            call()
    assert time.monotonic() - begun < 8
    own_mongo.signal(18)
    until(lambda: _answers(store.list), "the store works again")
    databases.close()


def test_p69_a_database_that_refuses_is_told_at_once_at_the_first_contact() -> None:
    store = MongoBotStore(MongoSettings(f"mongodb://127.0.0.1:{free_port()}"))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="Connection refused"):
        store.installation("engine")
    assert time.monotonic() - begun < 3
    store.close()


def test_a_server_that_is_found_later_than_the_first_look_takes_is_found_all_the_same(own_mongo: Mongo) -> None:
    databases = Databases(own_mongo)
    store = databases.store(first_deadline=0.2)
    own_mongo.signal(19)  # SIGSTOP: the connection is made, and nothing is answered
    with pytest.raises(Unavailable):
        store.installation("engine")
    own_mongo.signal(18)
    until(lambda: _answers(lambda: store.installation("engine")), "the store works")
    databases.close()


@pytest.mark.parametrize("code", [13, 50, 11600, 91])
def test_p56_an_error_of_the_server_is_not_an_absent_bot(
    databases: Databases, failing: Callable[..., None], code: int
) -> None:
    store = databases.store(deadline=1.0)
    store.installation("engine")
    failing("alwaysOn", failCommands=["find"], errorCode=code)
    for call in (lambda: store.read("nobody"), store.list):
        with pytest.raises(Unavailable):
            call()
    failing("off")
    until(lambda: _answers(store.list), "the store works again")


def test_a_failure_is_told_in_one_line_without_the_servers_words() -> None:
    error = OperationFailure("secret config", 13, {"errmsg": "secret config", "codeName": "Unauthorized"})
    assert describe(error) == "the user may not do this (not authorised)"
    other = OperationFailure("secret config", 121, {"errmsg": "secret config", "codeName": "DocumentValidationFailure"})
    assert describe(other) == "the server refused: DocumentValidationFailure (121)"


def test_credentials_are_used_checked_and_never_shown(own_mongo: Mongo) -> None:
    with own_mongo.client() as client:
        client.admin.command("createUser", "ops", pwd="s3cret/word", roles=["root"])
    own_mongo.admit("--auth")
    good = MongoSettings(own_mongo.uri, username="ops", password="s3cret/word")
    store = MongoBotStore(good)
    assert store.installation("engine").engine == "engine"
    store.ping()
    store.close()
    assert "s3cret" not in repr(good)
    for bad in (
        MongoSettings(own_mongo.uri, username="ops", password="wrong-s3cret"),
        MongoSettings(f"mongodb://ops:wrong-s3cret@127.0.0.1:{own_mongo.port}/?authSource=admin"),
    ):
        store = MongoBotStore(bad)
        with pytest.raises(Unavailable, match="authentication failed") as raised:
            store.ping()
        assert "s3cret" not in str(raised.value)
        store.close()
    anonymous = MongoBotStore(MongoSettings(own_mongo.uri))
    with pytest.raises(Unavailable):
        anonymous.ping()
    anonymous.close()


@pytest.mark.parametrize("uri", ["http://root:s3cret@host", "mongodb://root:s3/cret@host:27017"])
def test_an_unusable_connection_string_is_refused_without_being_shown(uri: str) -> None:
    with pytest.raises(InvalidSetting) as raised:
        MongoBotStore(MongoSettings(uri))
    assert "s3" not in str(raised.value)


def test_rec_01_a_connection_string_is_required() -> None:
    with pytest.raises(InvalidSetting, match="MongoURI is required"):
        MongoBotStore(MongoSettings(""))


def test_rec_03_rec_04_names_are_the_platforms_unless_given(databases: Databases) -> None:
    assert (MongoSettings("x").database, MongoSettings("x").collection) == ("bot_runner", "bots")
    store = databases.store(collection="others")
    store.apply(created(), at(1))
    assert databases.database["others"].count_documents({}) == 1


def test_certificates_that_are_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting):
        MongoBotStore(MongoSettings("mongodb://127.0.0.1:1", tls_ca_file=tmp_path / "none.pem"))


def test_calls_after_close_are_unavailable(databases: Databases) -> None:
    store = databases.store()
    store.close()
    with pytest.raises(Unavailable):
        store.ping()


def test_threads_share_one_store(databases: Databases) -> None:
    store = databases.store()
    store.installation("engine")

    def life(number: int) -> bool:
        bot_id = f"bot{number}"
        store.apply(created(bot_id), at(number + 1))
        return isinstance(store.read(bot_id), Wanted) and bot_id in store.list().digests

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(life, range(40)))


def test_p11_a_write_that_may_succeed_later_is_not_dropped(databases: Databases, failing: Callable[..., None]) -> None:
    store = databases.store(deadline=1.0)
    failing("alwaysOn", failCommands=["update"], errorCode=14031)  # the disk is full
    with pytest.raises(Unavailable):
        store.apply(created(), at(1))
    failing("off")
    assert store.apply(created(), at(1)) is Applied.WRITTEN
