"""Reading settings: precedence, sources, ranges, upstream's names."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.errors import InvalidSetting
from the0_actors.actors.identity import Word
from the0_actors.supervisors.masking import mask_url
from the0_actors.supervisors.options import Address, Option, Text
from the0_actors.supervisors.settings import LogLevel, Mode, OnExit, Part, Settings
from the0_actors.supervisors.settings_doc import explanations, render
from the0_actors.supervisors.settings_reader import MEANINGLESS, UPSTREAM, Declared, declared, masked, read_settings

MINIO = {"MINIO_ENDPOINT": "s3:9000", "MINIO_ACCESS_KEY": "the-access-key", "MINIO_SECRET_KEY": "the-secret-key"}
HOME = {"HOME": "/home/me"}
DECLARED = list(declared())
ROOT = Path(__file__).parents[2]


def test_run_without_anything_embeds_everything() -> None:
    settings = read_settings({}, HOME, "run")
    assert settings.embedded.parts == frozenset(Part)
    assert settings.embedded.data_dir == Path("/home/me/.local/share/the0-actors")
    assert settings.listen.address == Address("127.0.0.1", 8080)
    assert settings.runtime.on_exit is OnExit.STOP


def test_run_embeds_what_is_missing_beside_its_own_database() -> None:
    settings = read_settings({"--nats-url": "nats:4222"}, HOME | MINIO, "run")
    assert settings.embedded.parts == {Part.MONGODB}
    assert settings.nats.url == "nats://nats:4222"


def test_run_on_a_given_database_embeds_nothing_and_keeps_bots() -> None:
    settings = read_settings({"--mongo-uri": "mongodb://db"}, HOME | MINIO, "run")
    assert settings.embedded.parts == frozenset()
    assert settings.nats.url == ""
    assert settings.runtime.on_exit is OnExit.KEEP


def test_on_exit_may_be_chosen_for_the_embedded_database_too() -> None:
    assert read_settings({"--on-exit": "keep"}, HOME, "run").runtime.on_exit is OnExit.KEEP


def test_bot_runner_keeps_upstreams_defaults() -> None:
    settings = read_settings({}, MINIO, UPSTREAM)
    assert settings.mongo.uri == "mongodb://localhost:27017"
    assert settings.listen.address == Address("0.0.0.0", 8080)
    assert settings.runtime.reconcile_interval == 30
    assert settings.embedded.parts == frozenset()
    assert settings.runtime.on_exit is OnExit.KEEP


def test_cfg_01_cfg_05_required_alone_gives_the_defaults() -> None:
    settings = read_settings({}, MINIO, UPSTREAM)
    assert settings.objects.endpoint == "s3:9000"
    assert not settings.objects.ssl
    assert settings.objects.code_bucket == "custom-bots"
    assert settings.docker.memory_mb == 512
    assert settings.docker.cpu_shares == 512


@pytest.mark.parametrize("name", MINIO)
def test_cfg_02_a_missing_one_is_named(name: str) -> None:
    with pytest.raises(InvalidSetting, match=name) as caught:
        read_settings({}, {key: value for key, value in MINIO.items() if key != name}, UPSTREAM)
    assert not getattr(caught.value, "__notes__", [])


def test_cfg_03_every_optional_variable_is_honoured() -> None:
    given_ones = {
        "MINIO_CODE_BUCKET": "my-code",
        "BOT_MEMORY_LIMIT_MB": "2048",
        "BOT_CPU_SHARES": "256",
        "DOCKER_NETWORK": "the0-oss-network",
        "MINIO_SSL": "true",
        "BOT_STOP_GRACE": "1m30s",
        "LOG_LEVEL": "DEBUG",
        "NATS_URL": "nats://u:p@a:4222,nats://u:p@b:4222",
        "MONGO_URI": "mongodb+srv://u:p@cluster/?tls=true",
    }
    settings = read_settings({}, MINIO | given_ones, UPSTREAM)
    assert settings.objects.code_bucket == "my-code"
    assert (settings.docker.memory_mb, settings.docker.cpu_shares) == (2048, 256)
    assert settings.docker.network == "the0-oss-network"
    assert settings.docker.stop_grace == 90
    assert settings.objects.ssl
    assert settings.logging.level is LogLevel.DEBUG
    assert settings.nats.url == given_ones["NATS_URL"]
    assert settings.mongo.uri == given_ones["MONGO_URI"]
    assert set(settings.sources.values()) == {*given_ones, *MINIO}


@pytest.mark.parametrize("name", ["MINIO_SSL", "MINIO_USE_SSL"])
@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("T", True), ("TRUE", True), ("0", False), ("f", False)])
def test_both_ssl_names_take_gos_words(name: str, word: str, *, meaning: bool) -> None:
    assert read_settings({}, MINIO | {name: word}, UPSTREAM).objects.ssl is meaning


def test_two_variables_that_contradict_are_both_named() -> None:
    agreeing = MINIO | {"MINIO_SSL": "true", "MINIO_USE_SSL": "1"}
    assert read_settings({}, agreeing, UPSTREAM).objects.ssl
    with pytest.raises(InvalidSetting, match="MINIO_USE_SSL and MINIO_SSL"):
        read_settings({}, agreeing | {"MINIO_SSL": "false"}, UPSTREAM)


def test_a_flag_wins_over_a_variable() -> None:
    settings = read_settings({"--mongo-uri": "mongodb://flag"}, MINIO | {"MONGO_URI": "mongodb://env"}, UPSTREAM)
    assert settings.mongo.uri == "mongodb://flag"
    assert settings.sources["mongo.uri"] == "--mongo-uri"


def test_an_empty_variable_is_not_given() -> None:
    empty = {name: " " for item in DECLARED for name in item.option.env}
    assert read_settings({}, empty | MINIO, UPSTREAM) == read_settings({}, MINIO, UPSTREAM)


def test_an_empty_flag_switches_an_optional_setting_off_and_is_wrong_elsewhere() -> None:
    variables = MINIO | {"NATS_URL": "nats://nats", "DOCKER_NETWORK": "net"}
    assert read_settings({"--nats-url": "", "--docker-network": ""}, variables, UPSTREAM).nats.url == ""
    with pytest.raises(InvalidSetting, match="--mongo-uri"):
        read_settings({"--mongo-uri": ""}, MINIO, UPSTREAM)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings({"--reconcile-interval": "-1s", "--mode": "vm"}, MINIO | {"BOT_CPU_SHARES": "many"}, UPSTREAM)
    lines = [str(caught.value), *caught.value.__notes__]
    assert [line.split(":")[0] for line in lines] == ["BOT_CPU_SHARES", "--mode", "--reconcile-interval"]
    assert all("expected" in line for line in lines)


def test_upstreams_other_variables_are_accepted_and_listed() -> None:
    settings = read_settings(
        {}, MINIO | {"RUNTIME_IMAGE": "x", "TEMP_DIR": "/tmp/runtime", "MAX_RETRIES": ""}, UPSTREAM
    )
    assert settings.ignored == ("RUNTIME_IMAGE", "TEMP_DIR")
    assert not {name for item in DECLARED for name in item.option.env} & set(MEANINGLESS)


def test_a_certificate_goes_with_its_key(tmp_path: Path) -> None:
    file = tmp_path / "c.pem"
    file.touch()
    both = {"--nats-cert": str(file), "--nats-key": str(file)}
    assert read_settings(both, MINIO, UPSTREAM).nats.key_file == file
    with pytest.raises(InvalidSetting, match="--nats-cert, --nats-key"):
        read_settings({"--nats-cert": str(file)}, MINIO, UPSTREAM)


BAD = ("0", "-1", "99999999999999999999999999", "text", "1e9", "٣", "\x00", "x" * 5000, "0s", "-1s", "9999999h", "nan")


def accepts(option: Option, text: str) -> bool:
    try:
        option.kind.parse(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("item", DECLARED, ids=lambda item: item.label)
@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:8].encode("unicode_escape").decode())
def test_p65_no_setting_takes_a_senseless_value(item: Declared, text: str) -> None:
    """Every setting with 0, -1, huge and text: a value in its range, or one line that names source and range."""
    for source in [item.option.flag] * bool(item.option.flag) + list(item.option.env):
        flags = {source: text} if source.startswith("--") else {}
        env = MINIO | ({} if flags else {source: text})
        if accepts(item.option, text):
            assert item.path in read_settings(flags, env | HOME, "run").sources or item.option.optional
            continue
        with pytest.raises(InvalidSetting) as caught:
            read_settings(flags, env | HOME, "run")
        assert caught.value.name == source
        assert caught.value.allowed == item.option.kind.allowed
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 500


@given(st.sampled_from(DECLARED), st.text(max_size=40))
def test_p65_any_text_is_a_value_or_one_clear_fault(item: Declared, text: str) -> None:
    env = {**MINIO, **HOME, item.option.env[0]: text}
    try:
        settings = read_settings({}, env, "run")
    except InvalidSetting as fault:
        assert fault.name  # noqa: PT017 either outcome is fine, silence about the source is not
        return
    value = getattr(getattr(settings, item.group), item.name)
    if not text.strip() or item.path == "embedded.data_dir":
        return
    assert value == item.option.kind.parse(text.strip())


@given(st.sampled_from(DECLARED), st.text(max_size=40))
def test_a_shown_value_is_accepted_again(item: Declared, text: str) -> None:
    if not accepts(item.option, text) or "@" in text or "?" in text or isinstance(item.option.kind, Text):
        return
    value = item.option.kind.parse(text)
    assert item.option.kind.parse(item.option.kind.show(value)) == value


def test_every_setting_can_be_given_by_environment_and_no_name_has_two_meanings() -> None:
    names = [name for item in DECLARED for name in (item.option.flag, *item.option.env) if name]
    assert len(names) == len(set(names))
    assert all(item.option.env for item in DECLARED)


def test_p66_every_setting_is_in_the_page_and_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert page == render(), "run: python -m the0_actors.supervisors.settings_doc > docs/settings.md"
    for item in DECLARED:
        assert f"`{item.path}`" in page
    assert all(len(text) > 20 for text in explanations().values())


def test_the_start_lines_tell_value_and_source_and_no_secret() -> None:
    env = MINIO | {"MONGO_URI": "mongodb://me:hush-hush@db/?authSource=admin", "NATS_URL": "nats://t0ken@nats"}
    settings = read_settings({"--mode": "process"}, env, UPSTREAM)
    rows = {name: (value, source) for name, value, source in masked(settings)}
    assert rows["--mongo-uri"] == ("mongodb://me:***@db/?authSource=admin", "MONGO_URI")
    assert rows["--nats-url"] == ("nats://***@nats", "NATS_URL")
    assert rows["MINIO_SECRET_KEY"] == ("***", "MINIO_SECRET_KEY")
    assert rows["--mode"] == ("process", "--mode")
    assert rows["--reconcile-interval"] == ("30s", "default")
    assert len(rows) == len(DECLARED)
    for secret in ("hush", "t0ken", "the-secret", "the-access"):
        assert secret not in str(rows) + repr(settings)


def test_embedded_parts_are_shown_as_such() -> None:
    rows = {name: value for name, value, _ in masked(read_settings({}, HOME, "run"))}
    assert rows["--mongo-uri"] == rows["--nats-url"] == rows["--minio-endpoint"] == "(embedded)"


def test_a_rejected_secret_is_not_shown() -> None:
    env = MINIO | {"MONGO_URI": "mongo://me:hush-hush@db", "MINIO_SECRET_KEY": "hush\x07hush"}
    with pytest.raises(InvalidSetting) as caught:
        read_settings({}, env, UPSTREAM)
    assert "hush" not in " ".join([str(caught.value), *caught.value.__notes__])


WORDS = st.text(st.characters(codec="ascii", exclude_characters=" @,"), max_size=20)


@given(WORDS, WORDS)
def test_no_credential_survives_masking(user: str, word: str) -> None:
    password = f"Zq{word}qZ"
    for url in (f"mongodb://u{user}:{password}@a,b/?x=1", f"nats://a,nats://u{user}:{password}@b", f"u:{password}@h"):
        assert password not in mask_url(url)
    assert "t0ken" not in mask_url("nats://t0ken@host")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mongodb://localhost:27017", "mongodb://localhost:27017"),
        ("nats://u:p@a:1,nats://tok@b:2", "nats://u:***@a:1,nats://***@b:2"),
        (
            "mongodb://u:p@ss/w@h/db?tlsCertificateKeyFilePassword=x&w=1",
            "mongodb://u:***@h/db?tlsCertificateKeyFilePassword=***&w=1",
        ),
        ("mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x", "mongodb://h/?authMechanismProperties=***"),
        ("u:p@h", "u:***@h"),
        ("", ""),
    ],
)
def test_masking(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_mode_and_enums_take_any_case() -> None:
    settings = read_settings({"--mode": "Process", "--log-level": "Warning"}, MINIO, UPSTREAM)
    assert settings.runtime.mode is Mode.PROCESS
    assert settings.logging.level is LogLevel.WARN


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":0", Address("0.0.0.0", 0)),
        ("[::1]:80", Address("::1", 80)),
        ("localhost:8080", Address("localhost", 8080)),
    ],
)
def test_listen_addresses(text: str, address: Address) -> None:
    assert read_settings({"--listen": text}, MINIO, UPSTREAM).listen.address == address


def test_the_model_is_frozen_and_grouped() -> None:
    assert {item.name for item in fields(Settings)} >= {"mongo", "nats", "objects", "docker", "runtime", "embedded"}
    with pytest.raises(AttributeError):
        Settings().mongo.uri = "x"  # type: ignore[misc]


OLD = "0123456789ab"


def test_what_is_said_about_other_installations_is_one_of_two() -> None:
    assert read_settings({"--adopt-installation": OLD}, HOME, "run").identity.word == Word(adopt=OLD)
    assert read_settings({"--new-installation": "true"}, HOME, "run").identity.word == Word(anew=True)
    assert read_settings({}, HOME, "run").identity.word == Word()
    with pytest.raises(InvalidSetting, match="they contradict each other"):
        read_settings({"--adopt-installation": OLD, "--new-installation": "true"}, HOME, "run")
    for wrong in ("0123456789AB", "0123456789a", "none", "a-b"):
        with pytest.raises(InvalidSetting, match=r"--adopt-installation.*12 of 0-9 and a-f"):
            read_settings({"--adopt-installation": wrong}, HOME, "run")
