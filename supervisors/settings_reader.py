"""Reads `Settings` from flags and variables, and lists them for people.

Precedence: flag, then variable, then the command's default. A variable that is set but empty counts as not given
(upstream takes the empty string, which then fails later and elsewhere); an empty flag switches an optional
setting off. Every fault names the flag or variable it came from. Pains P65, P66.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from the0_actors.actors.domain.masking import HIDDEN, Secret
from the0_actors.actors.errors import InvalidSetting
from the0_actors.supervisors.masking import mask_value, secrets_in
from the0_actors.supervisors.options import Address, Option, Text
from the0_actors.supervisors.settings import Embedded, OnExit, Only, Part, Settings

UPSTREAM = "bot-runner"
SCHEDULER = "bot-scheduler"
"""The commands that keep upstream's defaults, each with the kind of bots that it runs."""

_KINDS = {UPSTREAM: Only.REALTIME, SCHEDULER: Only.SCHEDULED}

PUBLIC = frozenset({"", "the0-actors"})
"""Values of secret settings that are none: the name under which embedded servers know us."""

MEANINGLESS = (
    "DEV_RUNTIME_PATH",
    "DOCKER_LOG_DIR",
    "DOCKER_TEMP_DIR",
    "MAX_BOTS_PER_PARTITION",
    "MAX_BOT_SCHEDULE_PER_PARTITION",
    "MAX_RETRIES",
    "MAX_STATE_FILE_SIZE_MB",
    "MAX_STATE_SIZE_MB",
    "MINIO_CONTAINER_ENDPOINT",
    "MINIO_LOGS_BUCKET",
    "MINIO_QUERY_RESULTS_BUCKET",
    "MINIO_STATE_BUCKET",
    "RUNTIME_IMAGE",
    "RUNTIME_IMAGE_PULL_POLICY",
    "TEMP_DIR",
)
"""Upstream's variables that are accepted and do nothing."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting of the model."""

    group: str
    name: str
    option: Option
    default: object

    @property
    def path(self) -> str:
        """Return `group.field`."""
        return f"{self.group}.{self.name}"

    @property
    def label(self) -> str:
        """Return the name that people know it by: its flag, else its first variable."""
        return self.option.flag or self.option.env[0]


def declared() -> Iterator[Declared]:
    """Yield every setting of the model, in its order."""
    for group, kind in get_type_hints(Settings).items():
        if not hasattr(kind, "__dataclass_fields__"):
            continue
        hints = get_type_hints(kind, include_extras=True)
        for item in fields(kind):
            for option in getattr(hints[item.name], "__metadata__", ()):
                yield Declared(group, item.name, option, None if item.default is MISSING else item.default)


def read_settings(flags: Mapping[str, str | None], env: Mapping[str, str], command: str) -> Settings:
    """Return the settings of one command; `flags` by long name (`--mongo-uri`), None or absent for not given.

    Raises `InvalidSetting` for the first fault; its notes (`__notes__`) are the other faults, one line each.
    """
    values: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    faults: list[InvalidSetting] = []
    for item in declared():
        try:
            given = _given(item.option, flags, env)
            value = item.default if given is None or _off(item.option, given) else _parsed(item.option, *given)
        except InvalidSetting as fault:
            faults.append(fault)
            continue
        values.setdefault(item.group, {})[item.name] = value
        if given is not None:
            sources[item.path] = given[0]
    _raise(faults)
    settings = Settings(**{group: _group(group, content) for group, content in values.items()}, sources=sources)
    settings = _with_defaults(settings, env, command)
    _raise(list(_missing(settings, command)))
    return replace(settings, ignored=tuple(name for name in MEANINGLESS if env.get(name, "").strip()))


def masked(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (name, value, source) of every setting, secrets hidden, for the lines at the start."""
    rows: list[tuple[str, str, str]] = []
    for item in declared():
        value = getattr(getattr(settings, item.group), item.name)
        shown = "" if value in (None, "", ()) else item.option.kind.show(value)
        rows.append((item.label, shown or _nothing(settings, item), settings.sources.get(item.path, "default")))
    return rows


def secrets_given(flags: Mapping[str, str | None], env: Mapping[str, str]) -> Iterator[Secret]:
    """Yield the secrets in what was given for any setting, valid or not."""
    for item in declared():
        given = (flags.get(item.option.flag), *(env.get(name) for name in item.option.env))
        for text in filter(None, given):
            yield from _secrets(item, text.strip())


def secrets_of(settings: Settings) -> Iterator[Secret]:
    """Yield the secrets in settings, those of embedded servers too once their addresses are filled in."""
    for item in declared():
        value = getattr(getattr(settings, item.group), item.name)
        yield from _secrets(item, "" if value is None else str(value))


def _secrets(item: Declared, text: str) -> Iterator[Secret]:
    if isinstance(item.option.kind, Text) and item.option.kind.secret:
        yield from [Secret(text)] if text not in PUBLIC else []
    yield from secrets_in(text)


def _nothing(settings: Settings, item: Declared) -> str:
    addresses = {"mongo.uri": Part.MONGODB, "nats.url": Part.NATS, "objects.endpoint": Part.OBJECTS}
    embedded = addresses.get(item.path)
    return "(embedded)" if embedded in settings.embedded.parts else "(none)"


def _given(option: Option, flags: Mapping[str, str | None], env: Mapping[str, str]) -> tuple[str, str] | None:
    """Return source and text, or None when neither flag nor variable gives one."""
    flag = flags.get(option.flag) if option.flag else None
    if flag is not None:
        return option.flag, flag.strip()
    found = [(name, env[name].strip()) for name in option.env if env.get(name, "").strip()]
    if len({_parsed(option, *each) for each in found}) > 1:
        names = " and ".join(name for name, _ in found)
        raise InvalidSetting(
            names, " and ".join(_shown(option, text) for _, text in found), "the same value in both, or one of them"
        )
    return found[0] if found else None


def _off(option: Option, given: tuple[str, str]) -> bool:
    """Tell whether an empty flag switches an optional setting off."""
    return option.optional and not given[1]


def _parsed(option: Option, source: str, text: str) -> object:
    try:
        if not text:
            raise ValueError  # noqa: TRY301 an empty text is a fault like any other
        return option.kind.parse(text)
    except ValueError:
        raise InvalidSetting(source, _shown(option, text), option.kind.allowed) from None


def _shown(option: Option, text: str) -> str:
    """Return what an error may show of a rejected value."""
    if isinstance(option.kind, Text) and option.kind.secret:
        return HIDDEN
    shown = mask_value(text)
    return shown if len(shown) <= 80 else shown[:80] + "…"  # noqa: PLR2004 one line of a terminal


def _group(name: str, content: dict[str, Any]) -> Any:
    return get_type_hints(Settings)[name](**content)


def _with_defaults(settings: Settings, env: Mapping[str, str], command: str) -> Settings:
    """Fill in what depends on the command, on the environment, or on other settings."""
    given = settings.sources
    if command in _KINDS:
        if "runtime.only" not in given:
            settings = replace(settings, runtime=replace(settings.runtime, only=_KINDS[command]))
        if "mongo.uri" not in given:
            settings = replace(settings, mongo=replace(settings.mongo, uri="mongodb://localhost:27017"))
        if "listen.address" not in given:
            everywhere = Address("0.0.0.0", settings.listen.address.port)  # noqa: S104 upstream's health checks
            settings = replace(settings, listen=replace(settings.listen, address=everywhere))
    settings = replace(settings, embedded=_embedded(settings, env))
    if settings.embedded.parts and "runtime.on_exit" not in given:
        settings = replace(settings, runtime=replace(settings.runtime, on_exit=OnExit.STOP))
    return settings


def _embedded(settings: Settings, env: Mapping[str, str]) -> Embedded:
    parts: set[Part] = set()
    if not settings.mongo.uri:
        objects = settings.objects
        parts.add(Part.MONGODB)
        parts |= set() if settings.nats.url else {Part.NATS}
        parts |= set() if objects.endpoint or objects.access_key or objects.secret_key else {Part.OBJECTS}
    folder = settings.embedded.data_dir if "embedded.data_dir" in settings.sources else _data_dir(env)
    return Embedded(folder, frozenset(parts))


def _data_dir(env: Mapping[str, str]) -> Path:
    home = env.get("HOME", "")
    base = env.get("XDG_DATA_HOME", "") or (f"{home}/.local/share" if home else "")
    return Path(base) / "the0-actors" if base.startswith("/") else Embedded().data_dir


def _missing(settings: Settings, command: str) -> Iterator[InvalidSetting]:
    """Yield what is needed together and not there."""
    if Part.OBJECTS not in settings.embedded.parts:
        objects = settings.objects
        needed = {
            "MINIO_ENDPOINT": objects.endpoint,
            "MINIO_ACCESS_KEY": objects.access_key,
            "MINIO_SECRET_KEY": objects.secret_key,
        }
        for name, value in needed.items():
            if not value:
                yield InvalidSetting(name, "", f"it to be set: bots' code is fetched with {', '.join(needed)}")
    if command == SCHEDULER and not settings.nats.url:
        yield InvalidSetting("NATS_URL", "", "it to be set: schedules come as events (NATS_URL environment variable)")
    if settings.identity.adopt and settings.identity.anew:
        both = "--adopt-installation, --new-installation"
        yield InvalidSetting(both, settings.identity.adopt, "one of the two: they contradict each other")
    if (settings.nats.cert_file is None) != (settings.nats.key_file is None):
        yield InvalidSetting("--nats-cert, --nats-key", "one of two", "both the certificate and its key")


def _raise(faults: list[InvalidSetting]) -> None:
    if faults:
        for other in faults[1:]:
            faults[0].add_note(str(other))
        raise faults[0]
