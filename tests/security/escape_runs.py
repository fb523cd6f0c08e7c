"""Runs one attack behind walls, or without them as its control; what it is aimed at is made here."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from agents.sandbox.child import run_child
from agents.sandbox.walls import Walls, rights_of
from agents.work import JobProblem, Limits

ATTACKS = Path(__file__).with_name("attacks.py")
LIMITS = Limits(job_seconds_max=60, memory_bytes_max=1 << 30)
PROCESSES_MAX = rights_of(LIMITS, 0).processes_max
CODE = "import os, runpy; runpy.run_path(os.environ['BOX_INPUTS'] + '/attacks.py')"


class Outcome(NamedTuple):
    """What the attack said it could do (probe -> what, "" where refused), and how its child ended ("" well)."""

    answers: dict[str, str]
    code: str
    log: bytes = b""

    def through(self) -> dict[str, str]:
        return {probe: got for probe, got in self.answers.items() if got}


class Scene:
    """Everything that attacks are aimed at: a secret, listeners, victims; all of it made by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.canary = folder, uuid4().hex
        self.secret = folder / "secret"
        self.secret.write_text(self.canary)
        self.secret.chmod(0o600)
        self.accepted: list[str] = []
        self._sockets: list[socket.socket] = []
        self._victims: dict[str, subprocess.Popen[bytes]] = {}

    def ask(self, attack: str, **more: Any) -> dict[str, Any]:
        return {"attack": attack, "secret": str(self.secret), "canary": self.canary, "inside": True, "places": [],
                "busy": False, "mark": uuid4().hex, "processes_max": PROCESSES_MAX, **more}  # fmt: skip

    @contextmanager
    def listening(self) -> Iterator[dict[str, Any]]:
        """Three servers; `accepted` names those that somebody reached."""
        path, abstract = str(self.folder / "s"), uuid4().hex
        places = (("tcp", socket.AF_INET, ("127.0.0.1", 0)), ("path", socket.AF_UNIX, path),
                  ("abstract", socket.AF_UNIX, f"\0{abstract}"))  # fmt: skip
        for name, family, address in places:
            server = socket.socket(family)
            server.bind(address)
            server.listen()
            self._sockets.append(server)
            threading.Thread(target=self._serve, args=(name, server), daemon=True).start()
        Path(path).chmod(0o777)
        try:
            yield {"port": self._sockets[0].getsockname()[1], "path": path, "abstract": abstract}
        finally:
            for server in self._sockets:
                server.shutdown(socket.SHUT_RDWR)
                server.close()

    def _serve(self, name: str, server: socket.socket) -> None:
        while True:
            try:
                link, _ = server.accept()
            except OSError:
                return
            self.accepted.append(name)
            link.close()

    @contextmanager
    def victims(self) -> Iterator[dict[str, Any]]:
        """Two processes that sleep: one of ours, one of another user where we may make it."""
        sleep = [shutil.which("sleep") or "sleep", "600"]
        made = {"same user": subprocess.Popen(sleep)}
        if os.geteuid() == 0:
            made["other user"] = subprocess.Popen(sleep, user=65534, group=65534)
        self._victims = made
        try:
            yield {"victims": {who: each.pid for who, each in made.items()}}
        finally:
            for each in made.values():
                each.kill()
                each.wait()

    def alive(self) -> list[str]:
        return [who for who, each in self._victims.items() if each.poll() is None]


async def inside(walls: Walls, folder: Path, ask: Mapping[str, Any], limits: Limits = LIMITS) -> Outcome:
    """The attack in a child of its own."""
    box = folder / f"box-{uuid4().hex}"
    box.mkdir()
    (folder / "ask.json").write_text(json.dumps(ask))
    pieces: list[bytes] = []
    code = ""
    try:
        await run_child(
            "timeit",
            ("-n1", "-r1", CODE),
            folder=box,
            inputs={"attacks.py": ATTACKS, "ask.json": folder / "ask.json"},
            outputs={"answers.json": 1 << 20},
            limits=limits,
            progress=lambda *_: None,
            log=pieces.append,
            walls=walls,
        )
    except JobProblem as problem:
        code = problem.reason.code
    # of a child that failed nothing is taken; what it managed to write still tells how far it came
    kept = box / ("written" if code else "out") / "answers.json"
    if not code and kept.exists():
        assert kept.stat().st_mode & 0o7111 == 0
    answers = json.loads(kept.read_text() or "{}") if kept.exists() else {}
    return Outcome(answers, code, b"".join(pieces))


def outside(folder: Path, ask: Mapping[str, Any]) -> Outcome:
    """The same attack in a plain process: the control."""
    given, made = folder / "plain-in", folder / "plain-out"
    for each in (given, made):
        each.mkdir(exist_ok=True)
    (given / "ask.json").write_text(json.dumps({**ask, "inside": False}))
    shutil.copyfile(ATTACKS, given / "attacks.py")
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "BOX_INPUTS": str(given), "BOX_OUTPUTS": str(made), "HOME": str(folder), "X": ask["canary"]},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        timeout=60,
    )
    kept = made / "answers.json"
    return Outcome(json.loads(kept.read_text()) if kept.exists() else {}, str(done.returncode), done.stderr)
