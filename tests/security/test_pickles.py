"""Hostile weights files: each really runs something if it is loaded naively, none does through gate and reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pickle_corpus
import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
OURS = frozenset({
    "weights_hold_code", "weights_pickle_broken", "weights_pickle_too_large", "weights_zip_refused", "weights_cut_off",
    "weights_storage_wrong", "weights_not_pytorch", "weights_nested_too_deep", "weights_unreadable",
})  # fmt: skip


def outcomes(corpus: Path, how: str, step: int = 1) -> dict[str, Any]:
    """What came of every `step`-th file, and whether it touched the canary."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(FOLDER / "pickle_runs.py"), str(corpus), how, str(step)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=240)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    assert len(pickle_corpus.write(folder)) >= 150
    return folder


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.bars)])
def test_control_the_attacks_work_on_a_naive_reader(corpus: Path, step: int) -> None:
    runs = sorted(json.loads((corpus / "runs.json").read_text()))
    found = outcomes(corpus, "naive", step)
    assert set(found) == set(runs[::step])
    assert len(runs) >= 120
    assert [name for name, (_, touched) in found.items() if not touched] == []


def test_none_runs_anything_here_and_each_is_refused_with_a_reason(corpus: Path) -> None:
    found = outcomes(corpus, "safe")
    assert len(found) == len(list(corpus.glob("*.pth")))
    assert [name for name, (_, touched) in found.items() if touched] == []
    assert {name: said for name, (said, _) in found.items() if said not in OURS} == {}
    calls = [said for name, (said, _) in found.items() if name.removeprefix("zip-").startswith(("os.", "subprocess."))]
    assert set(calls) == {"weights_hold_code"}
