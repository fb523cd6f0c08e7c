"""The self-test: passes behind every kind of walls, and sees what gets through where there are none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from agents.sandbox import selftest
from agents.sandbox.selftest import self_test
from agents.sandbox.walls import Walls, candidates, stands

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("walls", [each for each in candidates() if stands(each)], ids=lambda each: each.kind)
async def test_no_probe_gets_through(walls: Walls) -> None:
    tested = await self_test(walls)
    assert tested.failed == ()
    assert tested.sandbox.startswith(walls.name)


async def test_a_machine_without_walls_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none() -> None:
        return None

    monkeypatch.setattr(selftest, "found", none)
    assert await self_test() == ("none", ("sandbox_missing",))


async def test_walls_that_break_are_not_passed() -> None:
    assert (await self_test(Walls("bubblewrap", "broken", "/usr/bin/false"))).failed == ("sandbox_missing",)


async def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    walls = Walls("bubblewrap", "any", "/usr/bin/false")
    assert (await self_test(walls, folder=tmp_path / "none")).failed == ("agent_disk",)


def test_without_walls_the_probes_get_through(tmp_path: Path) -> None:
    """Their control: the harmless ones, where nothing stops them, in a process of our own."""
    canary = uuid4().hex
    (tmp_path / "in").mkdir()
    code = """if True:
        import sys
        from agents.sandbox import probes
        canary, folder = sys.argv[1:]
        probes._PLACES = (folder,)
        print(probes.secrets(canary), probes.connections(), probes.writing(), probes.reading(probes.__file__))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, canary, str(tmp_path)],
        env={**os.environ, "X": canary, "BOX_INPUTS": str(tmp_path / "in"), "BOX_OUTPUTS": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["canary", "AF_UNIX", f"{tmp_path}/mo-probe", f"{ROOT}/agents/sandbox/probes.py"]


def test_a_checkout_below_the_folder_that_staging_covers_has_the_same_walls(tmp_path: Path) -> None:
    assert tmp_path.is_relative_to("/tmp")
    for package in ("agents", "schemas", "storage"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = """if True:
        from agents.sandbox.walls import candidates, stands
        print([each.name for each in candidates() if stands(each)])
    """
    run, env = [sys.executable, "-P", "-c", code], {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(run, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([each.name for each in candidates() if stands(each)])
