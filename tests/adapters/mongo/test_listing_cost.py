"""What a listing of many bots costs, beside a raw read of the same documents in the same run."""

import statistics
import time
import tracemalloc
from collections.abc import Callable

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from tests.parts.documents import STREAM, document
from tests.parts.mongo import Databases

from the0_actors.adapters.mongo.store import MongoBotStore

pytestmark = [pytest.mark.mongo, pytest.mark.slow]

BOTS = 10_000


@pytest.fixture
def store(databases: Databases) -> MongoBotStore:
    store = databases.store()
    store.installation("engine")
    documents = [document(f"k3v9x0q2m1n4b7c8d5f{number:05d}", api="x" * 600) for number in range(BOTS)]
    databases.database["bots"].insert_many(documents)
    positions = [{"_id": one["id"], "stream": STREAM, "sequence": number} for number, one in enumerate(documents)]
    databases.database["the0_actors_positions"].insert_many(positions)
    return store


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@pytest.mark.timeout(180)
def test_a_listing_costs_at_most_one_and_a_half_raw_reads(databases: Databases, store: MongoBotStore) -> None:
    raw = databases.database["bots"].with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    # In pairs, so that whatever else the machine does falls on both.
    pairs = [(seconds(store.list), seconds(lambda: list(raw.find({})))) for _ in range(9)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    assert ratio <= 1.5, f"{ratio:.2f} raw reads, the quickest took {min(pairs)[0] * 1000:.0f} ms"


@pytest.mark.timeout(180)
def test_a_listing_keeps_a_few_hundred_bytes_per_bot(
    store: MongoBotStore, record_property: Callable[[str, object], None]
) -> None:
    first = store.list()
    tracemalloc.start()
    second = store.list()
    shared = tracemalloc.get_traced_memory()[0] / BOTS
    tracemalloc.stop()
    assert first == second
    assert all(ours is theirs for ours, theirs in zip(first.digests, second.digests, strict=True))
    assert shared < 250, f"{shared:.0f} bytes"
