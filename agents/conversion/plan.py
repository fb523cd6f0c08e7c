"""What the conversion's children are told, and what they answer: the names and forms of their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agents.conversion.arrays import ArraysError, read_arrays
from agents.conversion.inputs import Batch, Images, feeds, random_images
from agents.joblog import plain
from agents.sandbox.exchange import decoded
from agents.sandbox.inside import Refused
from schemas.reports import GraphFacts, Measurement
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.templates import INPUTS_BYTES_MAX, SubTemplate, TemplateDocument
from schemas.tron import Output
from schemas.values import Code

PLAN_FILE = "plan.json"
WEIGHTS_FILE = "weights.pth"
STRUCTURE_FILE = "structure.py"
TYPE_CONFIG_FILE = "type_config.json"
PACK_FILE = "pack"
REAL_FILE = "real.npz"
REFERENCE_FILE = "reference.npz"
EXPORTED_FILE = "exported.onnx"
CONVERTED_FILE = "converted.onnx"
VERDICT_FILE = "verdict.json"
RECORD_FILE = "record.npz"
PLACE_FILE = "place.txt"
TOLD_FILE = "told.json"

OPSET = 18
"""The newest that Ascend's ATC takes and the oldest that PyTorch's exporter speaks natively."""
PARAMETERS_BYTES_MAX = 1_900_000_000
"""A graph file (protobuf) holds at most 2 GiB."""
GRAPH_BYTES_MAX = 2 << 30
REFERENCE_BYTES_MAX = 1 << 30
TOLD_BYTES_MAX = 256 << 10
PLACE_BYTES_MAX = 4096


class Record(msgspec.Struct, frozen=True):
    """For which batch the structure is to record its own values, and which output went wrong there."""

    batch: Batch
    output: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A conversion of one sub-model; its files bear the names above.

    Normalisation is (x - mean) * scale, x in 0..255. `weights_file` is what the graph calls the file of its weights, ""
    where they lie in the graph. With `record`, the exporting child only records.
    """

    class_name: str
    state_dict_key: str
    num_classes: int
    input_name: str
    input_shape: tuple[int, int, int]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    method: str
    args: tuple[Arg, ...]
    tasks: tuple[TaskSpec, ...]
    max_batch: int
    error_threshold: float
    merge_operators: bool
    weights_file: str = ""
    record: Record | None = None


def plan_of(
    document: TemplateDocument,
    sub: SubTemplate,
    class_name: str,
    *,
    merge_operators: bool = True,
    weights_file: str = "",
) -> Plan:
    """The plan of one of the template's sub-models."""
    return Plan(
        class_name=class_name,
        state_dict_key=sub.state_dict_key,
        num_classes=sub.num_classes,
        input_name=sub.input_name,
        input_shape=(sub.input_shape[1], sub.input_shape[2], sub.input_shape[3]),
        mean=sub.mean_values,
        scale=sub.scale_values,
        method=sub.method or document.method,
        args=sub.args,
        tasks=sub.tasks,
        max_batch=sub.max_batch,
        error_threshold=document.error_threshold,
        merge_operators=merge_operators,
        weights_file=weights_file,
    )


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verification found on a graph that passed."""

    outputs: tuple[Output, ...]
    differences: tuple[Measurement, ...]
    max_abs_error: float
    proposed_threshold: float | None
    batch_drift: float
    exported: GraphFacts
    converted: GraphFacts
    backend: str
    toolchain: dict[str, str]
    real_images: int = 0
    folded_scale: tuple[float, ...] = ()
    notices: tuple[Code, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a child tells about its work: what the constructor was called with, what is worth knowing.

    User code or strangers' images are at work there and may write anything into it: it is shown to people, and decides
    nothing.
    """

    arguments: dict[str, str] = {}
    notices: tuple[Code, ...] = ()


NOTICES = frozenset(
    {
        "weights_prefix_removed",
        "weights_cast",
        "weights_left_out",
        "weights_not_finite",
        "exported_by_tracing",
        "real_images_skipped",
    }
)
ARGUMENTS_MAX = 200


def believable(data: bytes | None) -> Told:
    """What a child told, as far as it has the right form: only known notices, not too much of anything."""
    told = decoded(data, Told) or Told()
    arguments = _cut(told.arguments, ARGUMENTS_MAX)
    notices = {each.code: _short(each) for each in told.notices if each.code in NOTICES}
    return Told(arguments=arguments, notices=tuple(notices.values()))


def _short(code: Code) -> Code:
    return Code(code.code, _cut(code.params, 10))


def _cut(texts: Mapping[str, str], count_max: int) -> dict[str, str]:
    return {plain(name)[:100]: plain(text)[:300] for name, text in list(texts.items())[:count_max]}


def write_plan(folder: Path, plan: Plan) -> None:
    """Put the plan into the child's folder."""
    (folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))


def read_plan(folder: Path) -> Plan:
    """The plan in the child's folder."""
    return msgspec.json.decode((folder / PLAN_FILE).read_bytes(), type=Plan)


def begins(code: Code) -> str:
    """A code with the parameter `at` as one parameter of another code, which is said behind that one."""
    return f"{code.code}: {code.params['at']}"


def write_images(path: Path, images: Images) -> None:
    """Write an inputs file; `images` are normalised, (images, channels, height, width)."""
    np.savez(path, images=images)


def load_feeds(folder: Path, plan: Plan) -> dict[Batch, Images]:
    """What the network is asked: random images, the same for every child, and those of `REAL_FILE`, if it is there.

    Real images come from a child that decoded files of strangers: data, not trusted.

    Raises:
        Refused: `inputs_malformed`.
    """
    random = random_images(plan.input_shape, plan.mean, plan.scale, plan.max_batch)
    if not np.isfinite(random).all():
        raise Refused("inputs_malformed", error="normalised pixels are too large for float32")
    real = folder / REAL_FILE
    return feeds(plan.max_batch, random, _images(real, plan) if real.exists() else None)


def _images(path: Path, plan: Plan) -> NDArray[np.float32]:
    try:
        images = read_arrays(path, ("images",), bytes_max=INPUTS_BYTES_MAX)["images"]
    except ArraysError as error:
        raise Refused("inputs_malformed", error=error) from error
    if images.shape[1:] != plan.input_shape or not len(images) or not np.isfinite(images).all():
        raise Refused("inputs_malformed", error=f"shape {images.shape}")
    return images
