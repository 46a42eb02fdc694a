"""Which user each bot's container runs as: one uid per bot, so that no bot can use up what the kernel counts per user.

A uid follows from the bot's id, moved on where another container of the engine has it already; it stands on the
container as a label, never in the fingerprint: a container that runs keeps the user it has until it is replaced. What
a bot keeps is given to its user before a container of it starts. Where the engine maps users itself (rootless, or with
a user namespace) few uids exist, and all bots share one.
"""

import threading
from hashlib import sha256

import structlog

from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.body import Body, owned
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.options import DockerOptions

log = structlog.get_logger(__name__)

_MAPPED = ("name=userns", "name=rootless")


def first_choice(installation: str, bot_id: str, uids: range) -> int:
    """Return the uid that a bot has unless another has it. Pure."""
    text = f"{installation}/{bot_id}".encode("utf-8", "surrogatepass")
    return uids[int.from_bytes(sha256(text).digest()[:8], "big") % len(uids)]


class Owners:
    """The users of one installation's bots. Thread-safe; the engine is asked once, when it is first needed."""

    def __init__(self, connection: Connection, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._installation = installation
        self._shared = options.uid, options.gid
        self._uids = options.uids
        self._patience = options.timeouts.slow
        self._flights = Flights()
        self._lock = threading.Lock()
        self._asked = False
        self._of_bot: dict[str, int] = {}
        self._taken: dict[int, str] = {}
        self._given: dict[str, str] = {}

    def dress(self, bot_id: str, request: Body) -> Body:
        """Return a request with the bot's user in it. Raises `Unavailable`."""
        if self._uids and not self._asked:
            self._flights.run("users", self._ask, self._patience)
        with self._lock:
            uid = self._choose(bot_id, self._uids) if self._uids else None
        return request if uid is None else owned(request, uid, uid)

    def has(self, bot_id: str, user: str) -> bool:
        """Tell whether what a bot keeps is known to belong to a user (`uid:gid`)."""
        with self._lock:
            return self._given.get(bot_id) == user

    def given(self, bot_id: str, user: str) -> None:
        """Remember whose it is."""
        with self._lock:
            self._given[bot_id] = user

    def seen(self, bot_id: str, uid: str) -> None:
        """Learn that a bot has had a life under a uid of its own, if it is told: then what it keeps is that user's."""
        if uid:
            with self._lock:
                self._given.setdefault(bot_id, f"{uid}:{uid}")

    def doubt(self) -> None:
        """Look again whose it is what a bot keeps: another runtime may have given it away."""
        with self._lock:
            self._given.clear()

    def forget(self, bot_id: str) -> None:
        """Free the uid of a bot whose state is gone."""
        with self._lock:
            self._given.pop(bot_id, None)
            uid = self._of_bot.pop(bot_id, None)
            if uid is not None and self._taken.get(uid) == self._key(bot_id):
                del self._taken[uid]

    def _choose(self, bot_id: str, uids: range) -> int:
        known = self._of_bot.get(bot_id)
        if known is not None and known in uids:
            return known
        first = uids.index(first_choice(self._installation, bot_id, uids))
        # When all are taken two share one: a bot that runs is worth more than a uid.
        steps = range(min(len(uids), len(self._taken) + 1))
        turns = (uids[(first + step) % len(uids)] for step in steps)
        uid = next((one for one in turns if self._taken.get(one, self._key(bot_id)) == self._key(bot_id)), uids[first])
        self._of_bot[bot_id] = uid
        self._taken.setdefault(uid, self._key(bot_id))
        return uid

    def _ask(self) -> None:
        """Learn what is taken, and whether the engine has such users at all."""
        if self._asked:
            return
        with translated("ask for the users of containers"):
            client = self._connection.quick
            mapped = any(one.startswith(_MAPPED) for one in client.info().get("SecurityOptions") or ())
            found = client.containers(all=True, filters={"label": labels.UID})
            users = [(str(item["Labels"].get(labels.INSTALLATION)), item["Labels"]) for item in found]
        with self._lock:
            self._asked = True
            if mapped:
                self._uids = range(0)
                log.warning("bots_share_a_uid", reason="the engine maps users itself", uid=self._shared[0])
                return
            for installation, found_labels in users:
                self._learn(installation, found_labels)

    def _learn(self, installation: str, found: dict[str, str]) -> None:
        uid, bot_id = labels.uid(found), found.get(labels.BOT_ID, "")
        if uid:
            self._taken.setdefault(int(uid), f"{installation}/{bot_id}")
            if installation == self._installation:
                self._of_bot.setdefault(bot_id, int(uid))

    def _key(self, bot_id: str) -> str:
        return f"{self._installation}/{bot_id}"
