"""`mo doctor` on the command line: exit code, table and JSON."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from api.cli.app import run
from api.client.errors import UnreachableError
from deploy.doctor import checks
from deploy.doctor.checks import Check
from deploy.doctor.command import doctor

WELL = Check("python", "ok", "version", {"version": "3.11"})
NOTE = Check("bwrap", "note", "absent")
MISSING = Check("java", "missing", "absent", {}, "mend it so")


def mo(monkeypatch: pytest.MonkeyPatch, found: list[Check], *argv: str) -> int:
    monkeypatch.setattr(checks, "look", lambda _environ: iter(found))
    away = SimpleNamespace(ready=nobody, close=lambda: None)
    environ = {"MO_LANG": "en", "NO_COLOR": "1"}
    return run(
        ["doctor", *argv],
        environ,
        client_factory=lambda _url, _lang: away,  # type: ignore[arg-type, return-value]
        extend=lambda app: app.command("doctor")(doctor) and None,
    )


def nobody() -> None:
    raise UnreachableError("http://away", "refused")


def test_nothing_missing_is_exit_code_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(monkeypatch, [WELL, NOTE], "-o", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert [check["found"] for check in said["checks"]] == ["3.11", "not found"]


def test_something_missing_is_exit_code_1_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mo(monkeypatch, [WELL, MISSING]) == 1
    captured = capsys.readouterr()
    assert "mend it so" in captured.out
    assert "java" in captured.err


def test_an_api_that_was_named_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(monkeypatch, [WELL], "--api", "http://away", "-o", "jsonl") == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["name"], last["code"], last["mend"]) == ("readiness", "unreachable", "mo up")
