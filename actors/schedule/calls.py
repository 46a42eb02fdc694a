"""A schedule's calls, made: one engine call or one write each. They block and belong on a lane's thread."""

import json
from typing import Any, Final, NoReturn

from the0_actors.actors.bot.effects import Find, Look, Remove, Resume, Send
from the0_actors.actors.bot.stepping import tail
from the0_actors.actors.domain.launch import RAISED, RESULT, RESULT_LIMIT, Kind
from the0_actors.actors.errors import Refused
from the0_actors.actors.ports.engine import Engine, Signal
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.schedule.effects import (
    Advance,
    Claim,
    Create,
    EngineCall,
    Harvest,
    Pass,
    Recall,
    Settle,
    Start,
    Write,
)
from the0_actors.actors.schedule.messages import Harvested

RAISED_LIMIT: Final = 64 * 1024
SHOWN: Final = 1000
"""Characters of what a program raised that are kept."""


def call(engine: Engine, bot_id: str, effect: EngineCall) -> object:
    """Make one engine call; return what its answer carries."""
    match effect:
        case Find():
            return engine.find(bot_id, Kind.SCHEDULED)
        case Look(name):
            return engine.look(name)
        case Create(blueprint, birth):
            return engine.create(blueprint, birth)
        case Start(container_id):
            engine.start(container_id)
        case Send(container_id, signal):
            engine.signal(container_id, Signal(signal))
        case Resume(container_id):
            engine.resume(container_id)
        case Remove(container_id):
            engine.remove(container_id)
        case Harvest(container_id):
            return harvest(engine, container_id)
    return None


def harvest(engine: Engine, container_id: str) -> Harvested:
    """Read what a run left in its container. Raises as the engine does; a result that is refused is told."""
    lines = tail(engine, container_id)
    raised = _raised(engine, container_id)
    try:
        result, refused = engine.handed_out(container_id, RESULT, RESULT_LIMIT), ""
    except Refused as error:
        result, refused = None, f"refused: {error}"
    if result is not None and (flaw := flaw_of_json(result)):
        result, refused = None, f"refused: {RESULT} is no JSON: {flaw}"
    return Harvested(lines, result, refused, raised)


def flaw_of_json(text: bytes) -> str:
    """Return why a text is no JSON as RFC 8259 has it, or the empty string. Numbers may be of any size."""
    try:
        json.loads(text.decode("utf-8"), parse_int=str, parse_float=str, parse_constant=_no_number)
    except RecursionError:
        return "it is nested too deep"
    except ValueError as error:
        return str(error)
    return ""


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _raised(engine: Engine, container_id: str) -> str:
    """Return what the wrapper says that the program raised. The bot can write there too: it is only shown."""
    try:
        found = engine.handed_out(container_id, RAISED, RAISED_LIMIT)
        told: Any = None if found is None else json.loads(found)
    except (Refused, ValueError):
        return ""
    message = told.get("message") if isinstance(told, dict) else None
    return " ".join(message.split())[:SHOWN] if isinstance(message, str) else ""


def write(store: ScheduleStore, bot_id: str, effect: Write, holder: str, now: float) -> object:
    """Make one write; return what its answer carries."""
    match effect:
        case Recall():
            return store.open_run(bot_id)
        case Claim(due):
            return store.claim(bot_id, due, holder, now)
        case Settle(record):
            store.settle(record)
        case Pass(first, last, count, outcome, reason):
            return store.passed(bot_id, first, last, count, outcome, reason)
        case Advance(basis, due):
            return store.advance(bot_id, basis, due)
    return None
