"""What the conversion's children are told: one JSON file, its form and the inputs that all of them use."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.reports import Difference, GraphFacts
from schemas.tron import Output

PLAN_FILE = "plan.json"
WEIGHTS_FILE = "weights.pth"
STRUCTURE_FILE = "structure.py"
TYPE_CONFIG_FILE = "type_config.json"
INPUTS_FILE = "inputs.npz"
REFERENCE_FILE = "reference.npz"
EXPORTED_FILE = "exported.onnx"
CONVERTED_FILE = "converted.onnx"
VERDICT_FILE = "verdict.json"

OPSET = 18
"""The newest that Ascend's ATC takes and the oldest that PyTorch's exporter speaks natively."""
BATCH_TRIED_MAX = 8
PARAMETERS_BYTES_MAX = 1_900_000_000
"""A graph file (protobuf) holds at most 2 GiB."""
GRAPH_BYTES_MAX = 2 << 30
_SEED = 20_170_401


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A conversion of one sub-model; its files bear the names above."""

    class_name: str
    state_dict_key: str
    num_classes: int
    input_name: str
    input_shape: tuple[int, int, int]
    task_sizes: tuple[int, ...]
    max_batch: int
    error_threshold: float
    merge_operators: bool


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verification found on a graph that passed."""

    outputs: tuple[Output, ...]
    differences: tuple[Difference, ...]
    max_abs_error: float
    batch_drift: float
    exported: GraphFacts
    converted: GraphFacts
    backend: str
    toolchain: dict[str, str]


def write_plan(folder: Path, plan: Plan) -> None:
    """Put the plan into the child's folder."""
    (folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))


def read_plan(folder: Path) -> Plan:
    """The plan in the child's folder."""
    return msgspec.json.decode((folder / PLAN_FILE).read_bytes(), type=Plan)


def batches(max_batch: int) -> tuple[int, ...]:
    """The batch sizes that are tried: 1, 2, 3 and the largest (at most `BATCH_TRIED_MAX`), as far as allowed."""
    return tuple(sorted({size for size in (1, 2, 3, min(max_batch, BATCH_TRIED_MAX)) if size <= max_batch}))


def batch_key(size: int) -> str:
    """The name of a batch in the inputs file."""
    return f"b{size}"


def output_key(size: int, output: int) -> str:
    """The name of an output of a batch in the reference file."""
    return f"b{size}_o{output}"


def make_inputs(
    shape: tuple[int, int, int], mean: tuple[float, ...], scale: tuple[float, ...], max_batch: int
) -> dict[str, NDArray[np.float32]]:
    """Random normalised images by `batch_key`; the smaller batches are the first images of the largest.

    The same arguments give the same arrays. They span what pixels 0..255 become, so no layer sees impossible values.
    """
    sizes = batches(max_batch)
    pixels = np.random.default_rng(_SEED).uniform(0, 255, (max(sizes), *shape))
    # Half of the images vary slowly, as photographs do: white noise alone leaves deep layers nearly constant.
    pixels[::2] = pixels[::2, :, :1, :1] * 0.5 + pixels[::2] * 0.5
    images = (pixels - np.array(mean)[:, None, None]) * np.array(scale)[:, None, None]
    return {batch_key(size): images[:size].astype(np.float32) for size in sizes}
