"""A look at a database in which nothing changed, beside the plain read of the same documents with pymongo.

Run one measurement with `python -m tests.bench.documents ours 10000`; it starts a MongoDB server of its own.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.child import Numbers, answer
from tests.parts.documents import document
from tests.parts.mongo import Databases, Mongo

ROUNDS = 5


def compare(bots: int) -> Numbers:
    """List so many documents and read them as they are, in turn; return the quickest of each, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        server = Mongo(Path(folder))
        server.start()
        try:
            return _compare(Databases(server), bots)
        finally:
            server.stop()


def _compare(databases: Databases, bots: int) -> Numbers:
    collection = databases.database["bots"]
    collection.insert_many([document(f"b{number:023}") for number in range(bots)])
    store = databases.store()
    store.installation("engine")
    plain, ours = [], []
    for _ in range(ROUNDS):
        plain.append(_timed(lambda: list(collection.find())))
        ours.append(_timed(store.list))
    databases.close()
    return {"plain_s": min(plain), "listing_s": min(ours), "times": min(ours) / min(plain)}


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    answer({"ours": compare})
