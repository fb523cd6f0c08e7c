"""Completion in real shells on a terminal, those that this machine has, against an API on loopback."""

from __future__ import annotations

import http.server
import os
import pty
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from api import resources
from schemas.values import ObjectRef

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 20.0
PTH = resources.Pth(
    id=UUID(int=1),
    name="two words@home",
    owner=UUID(int=2),
    note="",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    updated_at=datetime(2026, 1, 2, tzinfo=UTC),
    etag='"1"',
    weights=ObjectRef("sha256:" + "0" * 64, 1),
    training_id="",
)
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(mo completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; source <(mo completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "mo completion fish | source"),
}


class Api(http.server.BaseHTTPRequestHandler):
    """Knows one model."""

    def do_GET(self) -> None:
        body = msgspec.json.encode(resources.Page(items=[PTH]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, argv: list[str], environ: dict[str, str]) -> None:
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.execvpe(argv[0], argv, environ)
        self.text = ""

    def type(self, keys: str, until: str) -> None:
        """Type, and read until the text has come that is expected after what was there before."""
        start = len(self.text)
        os.write(self._file, keys.encode())
        deadline = time.monotonic() + SECONDS_MAX
        while until not in self.text[start:]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._file], [], [], left)[0]:
                pytest.fail(f"{until!r} did not come: {self.text[start:]!r}")
            self.text += os.read(self._file, 4096).decode(errors="replace")

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._file)


@pytest.fixture
def terminal(request: pytest.FixtureRequest, api: str, tmp_path: Path) -> Iterator[Terminal]:
    argv, load = SHELLS[request.param]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not on this machine")
    mo = tmp_path / "bin" / "mo"
    mo.parent.mkdir()
    mo.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from api.cli.app import main; main()" "$@"\n')
    mo.chmod(0o755)
    environ = {
        "PATH": f"{mo.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "MO_API_URL": api,
        "MO_LANG": "en",
    }
    shell = Terminal(argv, environ)
    shell.type(f"{load}; echo read''y\r", "ready")
    yield shell
    shell.close()


@pytest.mark.parametrize("terminal", SHELLS, indirect=True)
def test_a_shell_completes_commands_and_names_with_spaces(terminal: Terminal):
    terminal.type("mo mod\t", "models")
    terminal.type("\x15mo convert tw\t", "two\\ words@home")
