"""The bots' network: one of the installation's own without traffic between containers, or a given one.

A Linux bridge has a limited number of ports, so when one network is full the next is made. How many are left is
counted down here and counted anew in the engine when it runs out, so a create costs no question. A given one is looked
for once. A start that fails puts an end to both.
"""

import threading
from collections import Counter
from contextlib import suppress
from itertools import count
from typing import Any

from the0_actors.actors.errors import Gone, Refused
from the0_actors.adapters.docker import labels, names
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.egress import Egress
from the0_actors.adapters.docker.failures import translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.options import DockerOptions

_NO_ROOM = "Remove networks nobody uses (docker network prune), or give the engine more default-address-pools"
"""What to do when the engine has no free range of addresses, which it answers with 404."""


class Networks:
    """Who gets into which network."""

    def __init__(self, connection: Connection, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._installation = installation
        self._given = options.network
        self._egress = Egress(local=connection.local, wanted=options.guarded and not options.network)
        self._ports = options.network_ports
        self._patience = options.timeouts.slow
        self._flights = Flights()
        self._lock = threading.Lock()
        self._current = ""
        self._left = 0
        self._seen = False

    def ensure(self) -> None:
        """Have a network with room. Raises `Refused` when the given one does not exist, or none can be made."""
        if self._given:
            if not self._seen:
                self._flights.run("network", self._find_given, self._patience)
        elif not self._left:
            self._flights.run("network", self._open, self._patience)

    def take(self) -> str:
        """Return the network for one more container."""
        if self._given:
            return self._given
        while True:
            with self._lock:
                if self._left:
                    self._left -= 1
                    return self._current
            self._flights.run("network", self._open, self._patience)

    def own(self, network: str) -> bool:
        """Tell whether a network is one of this installation's own."""
        return network.startswith(names.network_name(self._installation, 0)[:-1])

    def forget(self) -> None:
        """Look anew before the next container: a start failed, and the network may have been removed by hand."""
        with self._lock:
            self._left, self._seen = 0, False

    def disband(self) -> None:
        """Remove the installation's own networks that nobody is in, and the rules for them."""
        client = self._connection.slow
        with translated("list networks"):
            mine = [f"{labels.INSTALLATION}={self._installation}", f"{labels.ROLE}=network"]
            found = [str(item["Id"]) for item in client.networks(filters={"label": mine})]
        self.forget()
        for network_id in found:
            with suppress(Gone, Refused), translated(f"remove network {network_id}"):
                client.remove_network(network_id)
                self._egress.release(network_id)

    def _find_given(self) -> None:
        try:
            with translated(f"look for network {self._given}"):
                self._connection.quick.inspect_network(self._given)
        except Gone as error:
            raise Refused(f"network {self._given} does not exist") from error
        self._seen = True

    def _open(self) -> None:
        """Go to the first network with room, making it when there is none."""
        if self._left:
            return
        used = self._used()
        for number in count(1):
            name = names.network_name(self._installation, number)
            if used[name] < self._ports:
                self._egress.guard(self._make(name))
                with self._lock:
                    self._current, self._left = name, self._ports - used[name]
                return

    def _used(self) -> Counter[str]:
        """Count this installation's containers by network. The engine's own filter leaves out what never ran."""
        wanted = {"label": f"{labels.INSTALLATION}={self._installation}"}
        with translated("count containers by network"):
            found = self._connection.quick.containers(all=True, filters=wanted)
            return Counter(str(item["HostConfig"]["NetworkMode"]) for item in found)

    def _make(self, name: str) -> str:
        """Have a network; return its id."""
        client = self._connection.slow
        with translated(f"look for network {name}"):
            found = [str(item["Id"]) for item in client.networks(names=[name]) if item["Name"] == name]
        if found:
            return found[0]
        try:
            with translated(f"make network {name}"):
                return str(client.create_network(name, **self._definition())["Id"])
        except Gone as error:
            raise Refused(f"{error}. {_NO_ROOM}") from error

    def _definition(self) -> dict[str, Any]:
        return {
            "driver": "bridge",
            "check_duplicate": True,
            "options": {"com.docker.network.bridge.enable_icc": "false"},
            "labels": labels.of_part(self._installation, "network"),
        }
