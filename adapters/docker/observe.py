"""Reading of what the engine says about containers into `Observed`. Pure."""

from collections.abc import Mapping
from typing import Any

from the0_actors.actors.domain.observed import Exit, Observed, Status
from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker import labels, replay
from the0_actors.adapters.docker.failures import PART, one_line
from the0_actors.adapters.docker.moments import moment

_STATUS = {
    "created": Status.CREATED,
    "paused": Status.PAUSED,
    "exited": Status.EXITED,
    "dead": Status.EXITED,
    "removing": Status.REMOVING,
}


def from_listing(item: Mapping[str, Any]) -> Observed | None:
    """Return one entry of `GET /containers/json`; None when it is no bot's container."""
    identity = labels.decode(item.get("Labels"))
    if identity is None:
        return None
    return _observed(identity, item["Id"], _own_name(item.get("Names")), _status(item.get("State")))


def from_inspect(answer: Mapping[str, Any]) -> Observed | None:
    """Return one container whole; None when it is no bot's container. Raises `Unavailable` for what makes no sense."""
    try:
        identity = labels.decode(answer["Config"].get("Labels"))
        if identity is None:
            return None
        state = answer["State"]
        status = _status(state.get("Status"))
        return _observed(
            identity,
            answer["Id"],
            _own_name([answer.get("Name", "")]),
            status,
            answer["Config"].get("StopTimeout"),
            started_at=moment(state.get("StartedAt")),
            exit=_exit(state) if status is Status.EXITED else None,
            body=replay.saved(answer),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Unavailable(PART, one_line(f"malformed inspect: {error!r}")) from error


def _observed(
    identity: labels.Identity,
    container_id: str,
    name: str,
    status: Status,
    stop_timeout: float | None = None,
    **whole: Any,
) -> Observed:
    """Return what was seen. `stop_timeout` (seconds) counts where no label tells the grace."""
    return Observed(
        container_id=container_id,
        name=name,
        bot_id=identity.bot_id,
        kind=identity.kind,
        installation=identity.installation,
        status=status,
        fingerprint=identity.fingerprint,
        code_hash=identity.code_hash,
        birth=identity.birth,
        stop_grace=stop_timeout if identity.stop_grace is None else identity.stop_grace,
        **whole,
    )


def _status(word: Any) -> Status:
    """Fold the engine's word. An unknown one, and `restarting`, count as running: nothing is started beside it."""
    return _STATUS.get(str(word), Status.RUNNING)


def _own_name(given: Any) -> str:
    """Return the container's own name; names with a second slash are links that others have to it."""
    own = [name[1:] for name in given or () if name.count("/") == 1]
    return own[0] if own else ""


def _exit(state: Mapping[str, Any]) -> Exit:
    """Return how it ended. The engine notes a start after the fact, so a short life may seem to end before it began."""
    started, finished = moment(state.get("StartedAt")) or 0.0, moment(state.get("FinishedAt")) or 0.0
    return Exit(
        code=int(state.get("ExitCode") or 0),
        oom=bool(state.get("OOMKilled")),
        finished_at=max(started, finished),
        error=one_line(state.get("Error") or ""),
    )
