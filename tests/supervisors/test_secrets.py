"""Whatever setting a secret comes in, valid or not, it is known as one, and no error of the settings shows it."""

from dataclasses import replace

import pytest

from the0_actors.actors.domain.masking import Masker, Secret
from the0_actors.actors.errors import InvalidSetting
from the0_actors.supervisors.masking import secrets_in
from the0_actors.supervisors.settings import Objects, Settings
from the0_actors.supervisors.settings_reader import (
    UPSTREAM,
    Declared,
    declared,
    read_settings,
    secrets_given,
    secrets_of,
)

MINIO = {"MINIO_ENDPOINT": "s3:9000", "MINIO_ACCESS_KEY": "the-access-key", "MINIO_SECRET_KEY": "the-secret-key"}
HUSH = "hush-hush"
SETTINGS = list(declared())


def read(given: dict[str, str]) -> Settings | str:
    """Return the settings, or what is said of them."""
    try:
        return read_settings({}, MINIO | given, UPSTREAM)
    except InvalidSetting as error:
        return " ".join([str(error), *getattr(error, "__notes__", ())])


@pytest.mark.parametrize("text", [f"me:{HUSH}@host:9000", f"tcp://me:{HUSH}@host:2375", f"x://me:{HUSH}@a,b"])
@pytest.mark.parametrize("item", SETTINGS, ids=lambda item: item.path)
def test_credentials_in_any_setting_are_known_and_in_no_error(item: Declared, text: str) -> None:
    given = dict.fromkeys(item.option.env[:1], text)
    assert HUSH not in Masker(secrets_given({}, given))(f"cannot reach {HUSH} or {text}")
    found = read(given)
    if isinstance(found, str):
        assert HUSH not in found
    elif item.path != "embedded.data_dir":  # anything may be the name of a folder
        assert HUSH not in Masker(secrets_of(found))(HUSH)


def test_two_variables_that_disagree_are_told_without_credentials() -> None:
    env = {"MINIO_USE_SSL": "true", "MINIO_SSL": "false"}
    with pytest.raises(InvalidSetting, match="true and false"):
        read_settings({}, MINIO | env, UPSTREAM)


def test_keys_and_tokens_are_secrets_and_names_are_not() -> None:
    env = MINIO | {"NATS_URL": "nats://t0ken-of-ours@nats", "MONGO_URI": "mongodb://reader@db/?tlsCAFile=/ca.pem"}
    settings = read_settings({"--docker-host": "ssh://deploy@host"}, env, UPSTREAM)
    assert set(secrets_of(settings)) == {
        Secret("the-access-key"),
        Secret("the-secret-key"),
        Secret("t0ken-of-ours"),
    }


def test_the_name_of_embedded_servers_is_none() -> None:
    objects = Objects("127.0.0.1:1", "the0-actors", "generated-secret")
    assert set(secrets_of(replace(Settings(), objects=objects))) == {Secret("generated-secret")}


def test_a_path_is_no_address() -> None:
    assert list(secrets_in("/home/me@work/the0")) == []
    assert list(secrets_in("30s")) == []
