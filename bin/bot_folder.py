"""Reads what a bot's folder says about the bot: `bot-config.yaml` (or `.yml`, `.json`) and `config.json`.

What the description leaves out is guessed, and said. Faults name the file and the member.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from the0_actors.actors.domain import limits
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.platform_event import CustomBot
from the0_actors.actors.domain.schedules import timetable_of
from the0_actors.actors.errors import InvalidSchedule, InvalidSetting
from the0_actors.bin.plain import check, read_document, read_text

DESCRIPTIONS = ("bot-config.yaml", "bot-config.yml", "bot-config.json")
INSTANCE = "config.json"
_RUNTIMES = {"main.py": "python3.11", "index.js": "nodejs20", "main.js": "nodejs20"}
_NAME = re.compile(r"[a-z0-9-]{3,50}")
_TEXTS_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class BotFolder:
    """A folder, understood."""

    custom: CustomBot
    config: Mapping[str, Any]
    """The instance's own config, as in its file; empty without one."""
    guessed: tuple[str, ...]
    """What was not written down, one sentence each."""


def read_folder(folder: Path, files: tuple[str, ...]) -> BotFolder:
    """Return what a folder says; `files` are those that will be packed. Raises `InvalidSetting`."""
    found = next((folder / name for name in DESCRIPTIONS if (folder / name).is_file()), None)
    told = {} if found is None else read_document(found)
    where = found.name if found else DESCRIPTIONS[0]
    guessed: list[str] = [] if found else [f"no {DESCRIPTIONS[0]}"]
    config = read_document(folder / INSTANCE) if (folder / INSTANCE).is_file() else {}
    custom = CustomBot(
        name=_name(told, where, folder, guessed),
        version=_version(told, where, guessed),
        kind=_kind(told, where, guessed),
        entrypoints=(entrypoints := _entrypoints(told, where, files, guessed)),
        runtime=_runtime(told, where, entrypoints["bot"], guessed),
        description=_text(told, where, "description"),
        author=_text(told, where, "author"),
        readme=_readme(folder, where, _text(told, where, "readme")),
        schema=_schemas(folder, where, _mapping(told, where, "schema")),
        metadata=_mapping(told, where, "metadata"),
        frontend=told.get("hasFrontend") is True,
    )
    if custom.kind is Kind.SCHEDULED:
        _check_schedule(config)
    if problem := limits.remark(config) or limits.refusal(config, {}):
        raise InvalidSetting(INSTANCE, problem, "limits as docs/bots.md lists them")
    return BotFolder(custom, config, tuple(guessed))


def _check_schedule(config: Mapping[str, Any]) -> None:
    try:
        timetable_of(config)
    except InvalidSchedule as error:
        allowed = f"a cron expression: the bot is scheduled ({error})"
        raise InvalidSetting(f"{INSTANCE}: schedule", config.get("schedule"), allowed) from error


def _name(told: Mapping[str, Any], where: str, folder: Path, guessed: list[str]) -> str:
    name = told.get("name")
    if name is None:
        name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
        guessed.append(f"name: {name}, from the folder")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise InvalidSetting(f"{where}: name", name, "3 to 50 of a-z, 0-9 and -")
    return name


def _version(told: Mapping[str, Any], where: str, guessed: list[str]) -> str:
    version = told.get("version")
    if version is None:
        guessed.append("version: 1.0.0")
        return "1.0.0"
    if not isinstance(version, str) or re.fullmatch(r"\d{1,9}(\.\d{1,9}){2}", version, re.ASCII) is None:
        raise InvalidSetting(f"{where}: version", version, "three numbers, x.y.z")
    return version


def _kind(told: Mapping[str, Any], where: str, guessed: list[str]) -> Kind:
    kind = told.get("type")
    if kind is None:
        guessed.append("type: realtime")
        return Kind.REALTIME
    if kind not in set(Kind):
        raise InvalidSetting(f"{where}: type", kind, " or ".join(Kind))
    return Kind(str(kind))


def _entrypoints(told: Mapping[str, Any], where: str, files: tuple[str, ...], guessed: list[str]) -> dict[str, str]:
    points: dict[str, Any] = dict(_mapping(told, where, "entrypoints"))
    if "bot" not in points:
        points["bot"] = next((name for name in _RUNTIMES if name in files), None)
        guessed.append(f"entry point: {points['bot']}")
    for name, path in points.items():
        if not isinstance(path, str) or path.removeprefix("./") not in files:
            raise InvalidSetting(f"{where}: entrypoints.{name}", path, "a file of the folder that is packed")
    return {str(name): str(path) for name, path in points.items()}


def _runtime(told: Mapping[str, Any], where: str, entrypoint: str, guessed: list[str]) -> str:
    runtime = told.get("runtime")
    if runtime is None:
        suffixes = {".py": "python3.11", ".js": "nodejs20"}
        runtime = _RUNTIMES.get(entrypoint) or suffixes.get(Path(entrypoint).suffix)
        guessed.append(f"runtime: {runtime}, from {entrypoint}")
    if not isinstance(runtime, str) or not runtime:
        raise InvalidSetting(f"{where}: runtime", runtime, "a runtime such as python3.11 or nodejs20")
    return runtime


def _text(told: Mapping[str, Any], where: str, member: str) -> str:
    text = told.get(member)
    if text is not None and not isinstance(text, str):
        raise InvalidSetting(f"{where}: {member}", text, "text")
    return text or ""


def _mapping(told: Mapping[str, Any], where: str, member: str) -> Mapping[str, Any]:
    value = told.get(member)
    if value is not None and not isinstance(value, dict):
        raise InvalidSetting(f"{where}: {member}", value, "an object")
    return cast("Mapping[str, Any]", value or {})


def _readme(folder: Path, where: str, told: str) -> str:
    """Return the readme: what is written in place (more than a line), or the content of the file named."""
    return told if "\n" in told else _beside(folder, where, "readme", told)


def _beside(folder: Path, where: str, member: str, name: str) -> str:
    """Return the text of a file that the description names; empty when it names none."""
    if not name:
        return ""
    path = (folder / name).resolve()
    if not (path.is_relative_to(folder.resolve()) and path.is_file() and path.stat().st_size <= _TEXTS_LIMIT):
        raise InvalidSetting(f"{where}: {member}", name, "a file of the folder, at most 1 MiB")
    return read_text(path, errors="replace")


def _schemas(folder: Path, where: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return each schema: written in place, or the content of the file named."""
    schemas: dict[str, Any] = {}
    for name, value in named.items():
        schemas[name] = value
        if isinstance(value, str):
            text = _beside(folder, where, f"schema.{name}", value)
            try:
                schemas[name] = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise InvalidSetting(value, str(error), "JSON") from error
            check(value, schemas[name])
    return schemas
