"""Rules about accounts: what is taken, what is refused and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.accounts import rules
from storage.accounts.rules import RuleError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def refusal(call, *args) -> str:
    with pytest.raises(RuleError) as raised:
        call(*args)
    return raised.value.code


@pytest.mark.parametrize("login", ["abc", "李雷雷", "li.lei@example.com", "a-b_c+d", "x" * 64, "Zhāng"])
def test_logins_of_letters_digits_and_a_few_signs_are_taken(login):
    assert rules.checked_login(login) == login


@pytest.mark.parametrize("login", ["", "ab", "x" * 65, "a b c", "a/b/c", "abc\n", "a\u202ebc", "<b>abc", "a\0bc"])
def test_other_logins_are_refused(login):
    assert refusal(rules.checked_login, login) == "login_invalid"


def test_logins_are_one_whatever_their_capitals_and_composition():
    assert rules.folded("ZHA\u0304NG") == rules.folded("zhāng") == rules.folded("Zhāng")


@given(st.text(max_size=70))
def test_a_login_that_is_taken_is_found_again_in_one_form(text):
    try:
        login = rules.checked_login(text)
    except RuleError:
        return
    assert rules.checked_login(login) == login
    assert rules.folded(rules.folded(login)) == rules.folded(login) == rules.folded(text)


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "a\u202eb", "a\0b"])
def test_names_that_would_mislead_are_refused(name):
    assert refusal(rules.checked_name, name) == "account_name_invalid"


def test_names_are_trimmed_and_composed():
    assert rules.checked_name("  Zha\u0304ng <Wei> ") == "Zhāng <Wei>"


@pytest.mark.parametrize(
    "password", ["qwertyuiop", "Password123", "QWERTYUIOP", "poiuytrewq", "1234567890", "aaaaaaaaaaaa", "ababababab",
                 "password2026!", "li.lei.2026", "li.lei123456", "Monkey2025", "!!dragon!!"],
)  # fmt: skip
def test_what_guessers_try_first_is_no_password(password):
    assert refusal(rules.checked_password, password, "li.lei") == "password_weak"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "红烧肉要放冰糖和八角", "tr0ub4dor&3x", "li.lei likes long words"]
)
def test_what_is_hard_to_guess_is_taken(password):
    assert rules.checked_password(password, "li.lei") == password


@pytest.mark.parametrize("password", ["", "short1!", "x1" * 129])
def test_passwords_have_bounds(password):
    assert refusal(rules.checked_password, password, "li.lei") == "password_length"


def test_every_role_may_what_those_before_it_may():
    assert [sorted(rules.permissions(role)) for role in rules.ROLES] == [
        ["read"], ["read", "write"], ["read", "release", "write"], ["admin", "read", "release", "write"],
    ]  # fmt: skip


@given(st.sampled_from(rules.ROLES), st.sets(st.sampled_from(rules.PERMISSIONS)))
def test_a_token_may_never_more_than_its_owner(role, scopes):
    allowed = rules.permissions(role, scopes)
    assert allowed <= rules.permissions(role)
    assert allowed <= {"read"} | scopes


def test_scopes_above_the_role_are_refused():
    assert rules.checked_scopes(["write"], rules.permissions("engineer")) == ("read", "write")
    assert refusal(rules.checked_scopes, ["write", "admin"], rules.permissions("engineer")) == "scope_above_role"


def test_a_session_lives_twelve_hours_of_silence_and_seven_days():
    assert rules.session_lives(NOW, NOW, NOW + timedelta(hours=12) - timedelta(seconds=1))
    assert not rules.session_lives(NOW, NOW, NOW + timedelta(hours=12))
    assert not rules.session_lives(NOW, NOW + timedelta(days=7), NOW + timedelta(days=7))


def test_a_token_lives_a_year_at_most():
    assert rules.token_end(NOW, None) == NOW + timedelta(days=365)
    for wrong in (NOW, NOW + timedelta(days=366)):
        assert refusal(rules.token_end, NOW, wrong) == "token_expiry_invalid"
