"""People come in: registration, the first admin, sign-in, guesses and how long they wait."""

from __future__ import annotations

import asyncio

import pytest
from browsing import PASSWORD, Browser, told

from api import attempts
from storage.accounts import rules
from storage.accounts.hashing import BusyError
from storage.accounts.secrets import digest_of


async def test_who_registers_is_an_engineer_and_signs_in(api, browser):
    wish = {"login": "Li.Lei", "password": PASSWORD, "name": "李雷"}
    assert await browser.ask("POST", "/accounts", wish) == 201
    assert (browser.json["login"], browser.json["name"], browser.json["role"]) == ("Li.Lei", "李雷", "engineer")
    assert await browser.ask("POST", "/accounts", {**wish, "login": "LI.LEI"}) == 409
    assert browser.code == "login_taken"
    assert await browser.sign_in("li.lei") == 201
    assert await browser.ask("GET", "/session") == 200
    assert (browser.json["account"]["name"], browser.json["by"]) == ("李雷", "cookie")
    assert browser.json["permissions"] == ["read", "write"]
    assert await browser.ask("GET", "/pth") == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"login": "a b"}, "login_invalid"),
        ({"password": "short"}, "password_length"),
        ({"password": "password123"}, "password_weak"),
        ({"name": "a\u202eb"}, "account_name_invalid"),
        ({"role": "admin"}, "body_invalid"),
        ({"setup_token": None, "active": True}, "body_invalid"),
    ],
)
async def test_what_the_rules_refuse_makes_no_account(api, browser, changes, code):
    assert await browser.ask("POST", "/accounts", {"login": "li.lei", "password": PASSWORD, **changes}) == 422
    assert browser.code == code
    assert await api.accounts.by_login("li.lei") is None


async def test_registration_can_be_closed_and_may_give_another_role(api, browser):
    await told(api, new_role="viewer")
    assert await browser.ask("POST", "/accounts", {"login": "li.lei", "password": PASSWORD}) == 201
    assert browser.json["role"] == "viewer"
    await told(api, registration=False)
    assert await browser.ask("POST", "/accounts", {"login": "other", "password": PASSWORD}) == 403
    assert browser.code == "registration_closed"
    assert await browser.ask("GET", "/registration") == 200
    assert (browser.json["open"], browser.json["admin_missing"]) == (False, False)


async def test_the_setup_token_makes_the_first_admin_even_where_registration_is_closed(api, browser):
    await told(api, registration=False)
    api.accounts._accounts.clear()
    await api.accounts.add_code(digest_of("setup"), account_id=None, expires_at=api.clock() + rules.SETUP_LIFE)
    wish = {"login": "root.admin", "password": PASSWORD}
    assert await browser.ask("GET", "/registration") == 200
    assert browser.json["admin_missing"] is True
    assert await browser.ask("POST", "/accounts", {**wish, "setup_token": "guess"}) == 403
    assert browser.code == "setup_token_invalid"
    assert await browser.ask("POST", "/accounts", {**wish, "setup_token": "setup"}) == 201
    assert browser.json["role"] == "admin"
    assert await browser.ask("POST", "/accounts", {**wish, "login": "second", "setup_token": "setup"}) == 403
    assert await browser.ask("GET", "/registration") == 200
    assert browser.json["admin_missing"] is False


async def test_an_unknown_login_a_wrong_password_and_no_password_are_told_the_same(api, browser, li_lei, monkeypatch):
    checks = []
    check = api.deps.passwords.check

    async def counted(kept, password):
        checks.append(kept)
        return await check(kept, password)

    monkeypatch.setattr(api.deps.passwords, "check", counted)
    answers = []
    for login in ("li.lei", "nobody", "local"):
        assert await browser.sign_in(login, "wrong password") == 401
        answers.append(browser.json)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["code"] == "sign_in_failed"
    assert len(checks) == 3, "each took a hash"
    assert [row.outcome for row in api.accounts.log] == ["failed"] * 3
    assert "nobody" not in repr(api.accounts.log), "what was typed as a login may be a password"


async def test_guesses_wait_longer_and_longer_and_the_right_one_waits_too(api, browser, li_lei):
    for _ in range(attempts.FREE_OF_PAIR):
        assert await browser.sign_in(password="wrong password") == 401
    waits = []
    for _ in range(4):
        assert await browser.sign_in() == 429
        assert browser.code == "too_many_attempts"
        waits.append(int(browser.headers["Retry-After"]))
        api.later(waits[-1])
        assert await browser.sign_in(password="wrong password") == 401
    assert waits == [1, 2, 4, 8]
    api.later(16)
    assert await browser.sign_in() == 201
    assert await browser.sign_in(password="wrong password") == 401, "a right one begins anew"


async def test_many_guesses_at_once_are_no_way_around(api, li_lei):
    statuses = await asyncio.gather(*(Browser(api).sign_in(password=f"wrong password {n}") for n in range(20)))
    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) == attempts.FREE_OF_PAIR


async def test_a_guesser_of_many_logins_waits_by_address(api):
    statuses = [await Browser(api).sign_in(f"login{number}") for number in range(attempts.FREE_OF_ADDRESS + 1)]
    assert statuses == [401] * attempts.FREE_OF_ADDRESS + [429]


async def test_too_many_at_once_are_sent_away(api, browser, li_lei, monkeypatch):
    async def full(_kept, _password):
        raise BusyError

    monkeypatch.setattr(api.deps.passwords, "check", full)
    assert await browser.sign_in() == 429
    assert browser.code == "sign_in_busy"


async def test_who_is_disabled_is_told_so_only_with_the_right_password(api, browser, li_lei):
    await api.accounts.change(li_lei.id, revision=1, active=False)
    assert await browser.sign_in(password="wrong password") == 401
    assert await browser.sign_in() == 403
    assert browser.code == "account_disabled"
