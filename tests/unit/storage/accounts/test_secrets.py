"""The text of tokens, digests and one-time passwords."""

from __future__ import annotations

import string
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from storage.accounts import rules
from storage.accounts.secrets import TokenText, digest_of, new_password, new_secret, read_token, token_text

SECRETS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.uuids(), SECRETS)
def test_a_token_is_read_as_it_was_written(id_, secret):
    token = TokenText(id_, secret)
    text = token_text(token)
    assert text.startswith("mo_")
    assert read_token(text) == token


@given(st.uuids(), SECRETS, st.integers(0, 108), st.sampled_from(string.printable))
def test_one_wrong_letter_is_a_slip_and_no_token(id_, secret, place, letter):
    text = token_text(TokenText(id_, secret))
    changed = text[:place] + letter + text[place + 1 :]
    assert read_token(changed) is None or changed == text


@given(st.uuids(), SECRETS, st.integers(0, 107))
def test_two_letters_changed_places_are_a_slip(id_, secret, place):
    text = token_text(TokenText(id_, secret))
    changed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert read_token(changed) is None or changed == text


@given(st.text(max_size=200))
def test_anything_else_is_no_token(text):
    assert read_token(text) is None


def test_capitals_and_what_stands_around_are_no_token():
    text = token_text(TokenText(UUID(int=1), new_secret()))
    assert all(read_token(each) is None for each in (text.upper(), f" {text}", f"{text}\n", text[:-1], text + "0"))


def test_what_is_kept_of_a_secret_does_not_say_it():
    secret = new_secret()
    assert len(digest_of(secret)) == 32
    assert digest_of(secret) == digest_of(secret) != digest_of(new_secret())
    digest_of("\udcff")


def test_one_time_passwords_keep_the_rules():
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(rules.checked_password(each, f"u{uuid4().hex}") for each in made)
