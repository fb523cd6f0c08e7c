"""What a child finds: its collector of garbage, which imports do not wake and the child's own part has back."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from agents.sandbox.inside import collecting_rarely

ROOT = Path(__file__).parents[4]
MODULE = """
import gc, sys
from agents.sandbox.inside import run
imported = gc.isenabled()

def part(report):
    class Ring:
        pass
    ring = Ring()
    ring.itself = ring
    del ring
    print([imported, gc.isenabled(), gc.get_freeze_count() > 1000, gc.collect() > 0], file=sys.stderr)

sys.exit(run(part))
"""


def test_what_is_imported_is_not_walked_over_and_what_the_part_leaves_is_collected(tmp_path: Path):
    (tmp_path / "small_part.py").write_text(MODULE)
    begin = "from agents.sandbox.start import main; main(4096, 'small_part')"
    done = subprocess.run(
        [sys.executable, "-c", begin], env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[False, True, True, True]"


def work(paces: list[tuple[int, ...]]) -> None:
    with collecting_rarely():
        paces.append(gc.get_threshold())
        raise KeyError


def test_the_ordinary_pace_comes_back_also_behind_an_error():
    before, during = gc.get_threshold(), []
    with pytest.raises(KeyError):
        work(during)
    assert during[0] > before == gc.get_threshold()
