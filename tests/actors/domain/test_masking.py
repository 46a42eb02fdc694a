"""No known secret is read in any form, and text without one stays as it is."""

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from the0_actors.actors.domain.masking import ANYWHERE, HIDDEN, Masker, Secret

LONG = st.text(min_size=ANYWHERE, max_size=40).filter(lambda word: len(word.strip()) >= ANYWHERE)
AROUND = st.text(st.characters(codec="ascii"), max_size=20)
USERS = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=10)
FORMS: dict[str, Callable[[str, str], str]] = {
    "plain": lambda user, word: word,
    "quoted": lambda user, word: quote(word),
    "quoted whole": lambda user, word: quote(word, safe=""),
    "quoted small": lambda user, word: re.sub("%..", lambda found: found[0].lower(), quote(word, safe="")),
    "of a form": lambda user, word: quote_plus(word),
    "json": lambda user, word: json.dumps(word)[1:-1],
    "json of letters": lambda user, word: json.dumps(word, ensure_ascii=False)[1:-1],
    "python": lambda user, word: repr(word)[1:-1],
    "base64": lambda user, word: base64.b64encode(word.encode()).decode(),
    "base64 of urls": lambda user, word: base64.urlsafe_b64encode(word.encode()).decode(),
    "base64 without padding": lambda user, word: base64.urlsafe_b64encode(word.encode()).decode().rstrip("="),
    "basic": lambda user, word: base64.b64encode(f"{user}:{word}".encode()).decode(),
    "basic of urls": lambda user, word: base64.urlsafe_b64encode(f"{user}:{word}".encode()).decode().rstrip("="),
    "url": lambda user, word: f"mongodb://{user}:{quote(word, safe='')}@db/",
}


@pytest.mark.parametrize("form", FORMS)
@given(word=LONG, user=USERS, before=AROUND, after=AROUND)
def test_no_form_of_a_secret_survives(form: str, word: str, user: str, before: str, after: str) -> None:
    shown = FORMS[form](user, word)
    assert shown not in Masker([Secret(word, user)])(f"{before}{shown}{after}")


@given(LONG, USERS)
def test_a_secret_that_came_quoted_is_hidden_as_it_is_too(word: str, user: str) -> None:
    mask = Masker([Secret(quote(word, safe=""), user)])
    assume("%" not in word and "+" not in word)
    assert mask(word) == HIDDEN


@given(LONG, st.text(st.characters(codec="ascii", exclude_characters=":@/"), max_size=200))
def test_other_text_stays_as_it_is(word: str, text: str) -> None:
    masker = Masker([Secret(f"Zq{word}qZ")])
    assert masker(text) == text


@pytest.mark.parametrize("word", ["", "a", "ab", "abc"])
def test_an_empty_or_tiny_secret_hides_nothing_but_itself_as_a_password(word: str) -> None:
    masker = Masker([Secret(word, "me")])
    assert masker("a cab at abc street") == "a cab at abc street"
    if word:
        assert word not in masker(f"mongodb://me:{word}@h").partition("@")[0].removeprefix("mongodb")
        assert masker(f"credentials me:{word}@") == f"credentials {HIDDEN}"


def test_a_short_secret_is_hidden_as_a_word_alone() -> None:
    masker = Masker([Secret("mongo", "root")])
    assert masker("mongodb is unavailable: password mongo is wrong") == (
        f"mongodb is unavailable: password {HIDDEN} is wrong"
    )


def test_the_password_of_any_url_is_hidden_whoever_knows_it() -> None:
    assert Masker()("cannot reach tcp://me:pw@host:2375, go on") == f"cannot reach tcp://me:{HIDDEN}@host:2375, go on"
    for plain in ("http://127.0.0.1:8080/a", "see https://example.com/@me:here", "at 10:00 a@b"):
        assert Masker()(plain) == plain


def test_what_is_learned_later_is_hidden_from_then_on() -> None:
    masker = Masker([Secret("first-secret")])
    assert masker("first-secret second-secret") == f"{HIDDEN} second-secret"
    masker.learn([Secret("second-secret")])
    assert masker("first-secret second-secret") == f"{HIDDEN} {HIDDEN}"


def test_a_secret_within_another_does_not_show_the_rest() -> None:
    masker = Masker([Secret("hush-hush"), Secret("hush-hush-hush")])
    assert masker("hush-hush-hush") == HIDDEN


def test_a_secret_does_not_show_itself() -> None:
    assert "hush" not in repr(Secret("hush-hush", "me"))
