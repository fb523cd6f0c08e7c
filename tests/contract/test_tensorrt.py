"""Converted graphs build in TensorRT-RTX's parser and builder, with a free batch, on a machine without a GPU.

It is "TensorRT-RTX 1.7, ahead of time", not TensorRT itself: the parsers are one family, the optimisers are not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cases import CASES, NETWORKS, network
from converting import convert
from small_networks import KINDS, make

SUPPORT = Path(__file__).parents[1] / "support"
BATCH_MAX = 8
BUILD_SECONDS_MAX = 240
QUICK = ("residual", "attention")
"""What is built in every run: convolutions and what is not."""

pytestmark = pytest.mark.skipif(
    find_spec("tensorrt_rtx") is None, reason="TensorRT-RTX is not installed: pip install -e '.[dev]'"
)


def build(*graphs: Path) -> list[dict[str, Any]]:
    """What the program says of each graph."""
    argv = [sys.executable, str(SUPPORT / "tensorrt_build.py"), str(BATCH_MAX), *map(str, graphs)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, env=env, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


def assert_built(graph: Path) -> None:
    (said,) = build(graph)
    assert said["error"] == ""
    assert said["free_batch"]
    assert said["bytes"] > 0
    print(f"\n{graph.stem}: {said['layers']} layers, engine of {said['bytes']} bytes")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.bars) for kind in KINDS]
)
def test_every_kind_of_network_builds(kind: str, tmp_path: Path) -> None:
    assert_built(convert(make(kind), KINDS[kind].shape, tmp_path / f"{kind}.onnx", max_batch=BATCH_MAX))


def test_what_the_parser_does_not_take_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"this is no graph")
    (said,) = build(broken)
    assert said["error"]


@pytest.mark.bars
@pytest.mark.timeout(600)
@pytest.mark.skipif(not CASES.exists(), reason="the folder of real cases is not here (MO_CASES)")
@pytest.mark.parametrize("case", NETWORKS)
def test_every_real_case_builds(case: str, tmp_path: Path) -> None:
    assert_built(convert(network(case), NETWORKS[case].shape, tmp_path / f"{case}.onnx", max_batch=BATCH_MAX))
