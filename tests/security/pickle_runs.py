"""Loads every file of a corpus, each in a folder of its own, and says as JSON what came of it.

`python pickle_runs.py CORPUS naive|safe STEP` takes every STEP-th file. `naive` loads as the hostile files hope for,
each in a process that is thrown away; `safe` loads through gate and reader, all in one process, with an audit hook that
would hear of anything that ran.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from pickle_corpus import CANARY, SEED, SEED_SOURCE

from agents.conversion.filling import state_dict
from agents.conversion.loading import check_tensors, load_file
from agents.sandbox.inside import Refused

WATCHED = ("os.", "subprocess.", "shutil.", "socket.", "ctypes.", "exec", "compile", "pty.", "tempfile.", "import")
ASYNCHRONOUS_S = 3.0
"""Some attacks start a process and do not wait for it."""

_heard: list[str] = []
_armed = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _armed:
        return
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        _heard.append(f"open {arguments[0]}")
    elif event.startswith(WATCHED):
        _heard.append(f"{event} {arguments[:1]}")


def safe(path: Path) -> str:
    """The code that refuses the file; whatever was heard meanwhile is added."""
    global _armed
    _heard.clear()
    _armed = True
    try:
        check_tensors(state_dict(load_file(path), ""))
        outcome = "loaded"
    except Refused as refused:
        outcome = refused.code
        if "weights_only" in str(refused.params) or "safe_globals" in str(refused.params):
            _heard.append(f"says {refused.params}")
    finally:
        _armed = False
    return f"{outcome} {_heard}" if _heard else outcome


def naive(path: Path) -> str:
    """Load in a child without any care."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        try:
            torch.load(path, weights_only=False)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    deadline = time.monotonic() + ASYNCHRONOUS_S
    while "popen" in path.name.lower() and not touched(Path()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return "tried"


def touched(folder: Path) -> bool:
    return any(each.name.startswith(CANARY) for each in folder.iterdir())


def one(mode: str, path: Path) -> tuple[str, bool]:
    """What loading the file gave, and whether the canary was touched."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{SEED}.py").write_text(SEED_SOURCE)
        os.chdir(folder)
        said = {"naive": naive, "safe": safe}[mode](path)
        os.chdir("/")
        return said, touched(Path(folder))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    sys.path.insert(0, "")
    corpus, how, step = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
    files = sorted(corpus.glob("*.pth"), key=lambda path: path.stem)
    if how == "naive":
        runs = set(json.loads((corpus / "runs.json").read_text()))
        files = [path for path in files if path.stem in runs]
    # Whatever is imported on first use is imported once, and before anybody listens.
    torch.save({"a": torch.ones(2)}, corpus / "warm-up")
    torch.load(corpus / "warm-up", weights_only=False)
    safe(corpus / "warm-up")
    "a".encode("cp437")
    if how == "safe":
        sys.addaudithook(_hook)
    print(json.dumps({path.stem: one(how, path) for path in files[::step]}))
