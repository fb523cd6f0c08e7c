"""Signing in on the command line; tokens, accounts and the chain of decisions as people see them."""

import io
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import pytest
from cli_scene import Fake, mo, raiser

from api import resources_accounts as people
from api.cli import accounts, tokens
from api.client.accounts import Chain
from api.client.errors import UnreachableError
from api.client.me import SignedIn
from api.resources import Page
from storage.accounts import rules

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A = UUID("aaaaaaaa-0000-4000-8000-000000000000")
TEXT = "mo_text"


def account(**more: Any) -> people.Account:
    given = {"login": "ada", "role": "engineer", "active": True, "password_once": False, **more}
    return people.Account(id=A, name="Ada", created_at=NOW, etag='"1"', **given)


def signed(**more: Any) -> people.Session:
    given = {"by": "token", "expires_at": NOW, "password_change_needed": False, **more}
    return people.Session(account=account(), permissions=["read", "write"], **given)


def token(**more: Any) -> people.NewToken:
    given = {"id": A, "name": "ci", "scopes": ["read"], "created_at": NOW, "expires_at": NOW, "used_at": None}
    return people.NewToken(**given, text=TEXT, **more)


def kept(folder: Path) -> Any:
    return json.loads((folder / "tokens.json").read_text())


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_token_is_kept_for_the_address_and_for_nobody_else(
    tmp_path: Path, given: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []
    ended: list[str] = []

    def sign_in(*words: str, **more: Any) -> SignedIn:
        asked.append(words)
        return SignedIn(signed(), token())

    client = Fake(me={"sign_in": sign_in, "who": signed, "end": ended.append})
    given("open sesame\nsecond line\n")
    assert mo(client, "login", "ada", "--password-stdin", MO_CONFIG=str(tmp_path)) == 0
    assert asked == [("ada", "open sesame")]
    file = tmp_path / "tokens.json"
    assert kept(tmp_path) == {"http://api": TEXT}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "open sesame" not in file.read_text()
    out = capsys.readouterr()
    assert "engineer" in out.out
    assert TEXT not in out.out + out.err
    assert mo(client, "logout", MO_CONFIG=str(tmp_path)) == 0
    assert kept(tmp_path) == {}
    assert mo(client, "logout", MO_CONFIG=str(tmp_path)) == 0
    assert "No token was kept" in capsys.readouterr().err
    assert [text for text in ended if text] == [TEXT]


def test_a_token_that_cannot_be_revoked_is_forgotten_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tokens.json").write_text(json.dumps({"http://api": TEXT}))
    client = Fake(me={"end": raiser(UnreachableError("http://api", "refused"))})
    assert mo(client, "logout", MO_CONFIG=str(tmp_path)) == 0
    assert "not revoked" in capsys.readouterr().err
    assert kept(tmp_path) == {}


def test_without_a_terminal_nothing_is_asked(given: Any, capsys: pytest.CaptureFixture[str]) -> None:
    given("")
    for command in (("login",), ("login", "ada"), ("passwd",)):
        assert mo(Fake(me={}), *command) == 2
        assert "--password-stdin" in capsys.readouterr().err


def test_on_a_terminal_the_password_is_asked_for_without_an_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[str] = []
    answers = {"Password: ": "once", "New password: ": "new one", "New password, once more: ": "new one"}
    set_: list[Any] = []

    def secret(prompt: str) -> str:
        prompts.append(prompt)
        return answers[prompt]

    monkeypatch.setattr("getpass.getpass", secret)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    once = signed(password_change_needed=True)
    client = Fake(
        me={
            "sign_in": lambda *_, **__: SignedIn(once, token()),
            "who": lambda: once,
            "end": lambda _: None,
            "set_password": lambda *words: set_.append(words),
        }
    )
    assert mo(client, "login", "ada", MO_CONFIG=str(tmp_path)) == 0
    assert (prompts, set_) == ([*answers], [("new one", "once")])
    answers["New password, once more: "] = "a slip"
    answers["Old password (empty if you have none yet): "] = ""
    assert mo(client, "passwd") == 2
    assert len(set_) == 1


def test_another_password_comes_in_two_lines(given: Any) -> None:
    set_: list[Any] = []
    given("old\r\nnew\n")
    assert mo(Fake(me={"set_password": lambda *words: set_.append(words)}), "passwd", "--password-stdin") == 0
    assert set_ == [("new", "old")]


def test_tokens_are_listed_made_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[Any] = []
    revoked: list[UUID] = []

    def new(*words: Any, expires_at: Any) -> people.NewToken:
        made.append((*words, expires_at))
        return token()

    page = Page(items=[token()])
    client = Fake(tokens={"list": lambda: page, "new": new, "find": lambda _: token(), "revoke": revoked.append})
    assert mo(client, "tokens", "list") == mo(client, "tokens", "ls") == 0
    assert "ci" in capsys.readouterr().out
    assert mo(client, "tokens", "new", "ci", "--scope", "write,read", "--scope", "admin", "--days", "365") == 0
    assert made == [("ci", ["read", "write", "admin"], None)]
    assert TEXT in capsys.readouterr().out.splitlines()
    assert mo(client, "tokens", "new", "ci", "--scope", "all") == 2
    assert mo(client, "tokens", "rm", "ci") == 0
    assert revoked == [A]


def test_accounts_are_listed_and_changed(capsys: pytest.CaptureFixture[str]) -> None:
    changes: list[Any] = []

    def edit(found: people.Account, **change: Any) -> people.Account:
        changes.append(change)
        return account(**change)

    once = people.OneTimePassword(password="abcd-efgh", expires_at=NOW)
    client = Fake(
        accounts={
            "list": lambda **_: Page(items=[account(), account(password_once=True)]),
            "find": lambda _: account(),
            "edit": edit,
            "reset": lambda _: once,
        }
    )
    assert mo(client, "accounts", "list") == 0
    assert "has to change the password" in capsys.readouterr().out
    assert mo(client, "accounts", "role", "ada", "releaser") == 0
    assert "releaser" in capsys.readouterr().out
    assert mo(client, "accounts", "disable", "ada") == 0
    assert "disabled" in capsys.readouterr().out
    assert mo(client, "accounts", "enable", "ada") == 0
    assert changes == [{"role": "releaser"}, {"active": False}, {"active": True}]
    assert mo(client, "accounts", "role", "ada", "king") == 2
    assert mo(client, "accounts", "reset", "ada") == 0
    assert "abcd-efgh" in capsys.readouterr().out


def test_roles_and_scopes_are_those_of_the_server() -> None:
    assert get_args(accounts.Role) == rules.ROLES
    assert get_args(tokens.Scope) == rules.PERMISSIONS


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        (Chain(3, "ab", None, None), 0, "whole"),
        (Chain(3, "ab", 4, None), 1, "broken at entry 4"),
        (Chain(3, "ab", None, False), 1, "cut"),
    ],
)
def test_the_chain_is_verified(found: Chain, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []

    def verify(kept: Any) -> Chain:
        asked.append(kept)
        return found

    client = Fake(audit={"verify": verify})
    assert mo(client, "audit", "verify", "--kept", f"12:{'a' * 64}") == code
    assert asked == [(12, "a" * 64)]
    assert said in capsys.readouterr().out
    assert mo(client, "audit", "verify", "-o", "json") == code
    assert json.loads(capsys.readouterr().out)["head"] == "3:ab"
    assert mo(client, "audit", "verify", "--kept", "12") == 2


def test_decisions_are_listed_by_person_and_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []
    entry = people.AuditEntry(
        position=7, time=NOW, actor=A, actor_name="", action="delete_pth", object="", outcome="denied",
        address="10.0.0.1", previous="00", digest="01",
    )  # fmt: skip

    def listed(**query: Any) -> Any:
        asked.append(query)
        return Page(items=[entry], next="7")

    client = Fake(accounts={"find": lambda _: account()}, audit={"list": listed})
    assert mo(client, "audit", "list", "--who", "ada", "--outcome", "denied", "--limit", "1") == 0
    assert asked == [{"limit": 1, "actor": A, "outcome": "denied"}]
    out = capsys.readouterr()
    assert [out.out.split("\n")[3].split()[at] for at in (0, 3, 4, 6)] == ["7", "aaaaaaaa", "delete_pth", "denied"]
    assert "--who" in out.err
