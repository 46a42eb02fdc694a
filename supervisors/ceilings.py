"""The ceilings over what bots may ask for: the operator's, and where there is none what the engine's host has."""

import os
from collections.abc import Callable
from functools import cache

from the0_actors.actors.domain import limits
from the0_actors.actors.domain.limits import Ceiling, Ceilings
from the0_actors.adapters.docker.engine import Capacity, engine_capacity
from the0_actors.supervisors.groundwork import client_settings
from the0_actors.supervisors.settings import Mode, Settings

HOST = "what the engine's host has"


def ceilings_of(settings: Settings) -> Callable[[], Ceilings]:
    """Return a function that returns the ceilings; the first call may ask the engine, and raises `Unavailable`."""

    @cache
    def found() -> Ceilings:
        chosen = settings.ceilings
        has = Capacity(0, 0) if chosen.memory and chosen.cpus else _capacity(settings)
        return {
            limits.MEMORY.name: _or_host(chosen.memory, has.memory, "--max-memory"),
            limits.CPU.name: _or_host(chosen.cpus, has.cpu_millis, "--max-cpus"),
            limits.PIDS.name: Ceiling(chosen.pids, "--max-pids"),
            limits.STATE.name: Ceiling(chosen.state, "--max-state"),
            limits.GRACE.name: Ceiling(chosen.stop_grace, "--max-stop-grace"),
            limits.TIMEOUT.name: Ceiling(chosen.timeout, "--max-timeout"),
        }

    return found


def _or_host(chosen: int | None, has: int, setting: str) -> Ceiling:
    return Ceiling(has, setting, HOST) if chosen is None else Ceiling(chosen, setting)


def _capacity(settings: Settings) -> Capacity:
    if settings.runtime.mode is Mode.DOCKER:
        return engine_capacity(client_settings(settings))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Capacity(memory, 1000 * (os.cpu_count() or 1))
