"""The token that goes with every request: given, kept by `mo login`, or that of this machine's own stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

VARIABLE = "MO_TOKEN"
FILE_NAME = "tokens.json"


def token_for(api_url: str, environ: Mapping[str, str] | None = None) -> str:
    """The token for an API; "" where none is known.

    `MO_TOKEN` comes first, then what `keep` was given for this address. The token of the embedded stack lies in its
    home and is for its own address alone.
    """
    environ = os.environ if environ is None else environ
    return environ.get(VARIABLE, "").strip() or _kept(environ).get(_same(api_url), "") or _of_stack(api_url, environ)


def keep(api_url: str, token: str, environ: Mapping[str, str] | None = None) -> Path:
    """Remember the token for an API, readable by the user alone; returns the file. Raises `OSError`."""
    environ = os.environ if environ is None else environ
    return _write(_kept(environ) | {_same(api_url): token}, environ)


def forget(api_url: str, environ: Mapping[str, str] | None = None) -> str:
    """Forget the token for an API, and return it; "" where none was kept. Raises `OSError`."""
    environ = os.environ if environ is None else environ
    tokens = _kept(environ)
    token = tokens.pop(_same(api_url), "")
    if token:
        _write(tokens, environ)
    return token


def _same(api_url: str) -> str:
    return api_url.rstrip("/")


def _file(environ: Mapping[str, str]) -> Path:
    folder = environ.get("MO_CONFIG", "") or platformdirs.user_config_dir("mo")
    return Path(folder).expanduser() / FILE_NAME


def _kept(environ: Mapping[str, str]) -> dict[str, str]:
    with suppress(OSError, ValueError):
        tokens = json.loads(_file(environ).read_text("utf-8"))
        return {str(url): str(token) for url, token in tokens.items()} if isinstance(tokens, dict) else {}
    return {}


def _write(tokens: Mapping[str, str], environ: Mapping[str, str]) -> Path:
    path = _file(environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(tokens, file, indent=1)
    temporary.replace(path)
    return path


def _of_stack(api_url: str, environ: Mapping[str, str]) -> str:
    """The token in the home of the embedded stack, where that says that it is reached at this address."""
    home = Path(environ.get("MO_HOME", "") or platformdirs.user_data_dir("mo")).expanduser()
    with suppress(OSError, ValueError):
        stack = json.loads((home / "run" / "stack.json").read_bytes())
        if isinstance(stack, dict) and stack.get("api_url") == _same(api_url):
            return (home / "token").read_text("ascii").strip()
    return ""
