"""Which token goes with a request: the variable, what was kept for the address, the local stack's own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from api.client.credentials import forget, keep, token_for

URL = "http://127.0.0.1:8080"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    (home / "run" / "stack.json").write_text(json.dumps({"api_url": URL}))
    (home / "token").write_text("mo_of_stack\n")
    return {"MO_HOME": str(home), "MO_CONFIG": str(tmp_path / "config")}


def test_the_variable_comes_before_what_was_kept_before_the_stacks_own(environ):
    assert token_for(URL, environ) == "mo_of_stack"
    keep(URL + "/", "mo_kept", environ)
    assert token_for(URL, environ) == "mo_kept"
    assert token_for(URL, environ | {"MO_TOKEN": " mo_given "}) == "mo_given"
    assert forget(URL, environ) == "mo_kept"
    assert forget(URL, environ) == ""
    assert token_for(URL, environ) == "mo_of_stack"


def test_another_address_never_gets_a_token_that_is_not_its_own(environ):
    keep("https://mo.example", "mo_kept", environ)
    assert token_for("https://evil.example", environ) == ""
    assert token_for("http://127.0.0.1:8081", environ) == ""
    assert token_for("https://mo.example", environ) == "mo_kept"


def test_what_is_kept_is_for_the_user_alone(environ):
    path = keep(URL, "mo_kept", environ)
    keep("https://mo.example", "mo_other", environ)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {URL: "mo_kept", "https://mo.example": "mo_other"}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_a_broken_file_is_no_token(environ, text):
    Path(environ["MO_CONFIG"]).mkdir()
    (Path(environ["MO_CONFIG"]) / "tokens.json").write_text(text)
    (Path(environ["MO_HOME"]) / "run" / "stack.json").write_text(text)
    assert token_for(URL, environ) == ""
