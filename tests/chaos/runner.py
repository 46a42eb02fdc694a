"""A runtime on the parts that its arguments name, for tests that kill it. Its role stands in the file `roles`."""

import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.store import MongoBotStore
from the0_actors.supervisors import settings as chosen
from the0_actors.supervisors.groundwork import Ground
from the0_actors.supervisors.ports import build_ports, tree_settings
from the0_actors.supervisors.runtime import Runtime


def main(given: dict[str, str]) -> None:
    settings = chosen.Settings(
        mongo=chosen.Mongo(given["mongo"]),
        nats=chosen.Nats(given["nats"]),
        objects=chosen.Objects(
            given["endpoint"], given["access_key"], given["secret_key"], code_bucket=given["bucket"]
        ),
        docker=chosen.Docker(host=given["docker"], memory_mb=64, stop_grace=2.0),
        runtime=chosen.Runtime(reconcile_interval=3600.0),
        identity=chosen.Identity(anew=True),
        embedded=chosen.Embedded(Path(given["roles"]).with_suffix(".data")),
    )
    over = threading.Event()

    def end(_number: int, _frame: object) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    store = MongoBotStore(MongoSettings(given["mongo"], database=given["database"], heartbeat=0.5))
    # Each kind has a lock of its own, so two runtimes may share the kinds between them: these have one kind.
    ports = replace(build_ports(Ground(settings, None, {"python3.11": given["image"]}), store), schedules=None)
    role = ""
    with Runtime(ports, replace(tree_settings(settings), lease_term=float(given["term"]))) as runtime:
        while not over.wait(0.02):
            if runtime.status_role() != role:
                role = runtime.status_role()
                Path(given["roles"]).write_text(role)
    store.close()


if __name__ == "__main__":
    main(dict(argument.split("=", 1) for argument in sys.argv[1:]))
