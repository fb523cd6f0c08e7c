"""Child: the user's network and weights become an ONNX graph and reference outputs. Runs the user's code."""

from __future__ import annotations

import importlib.util
import inspect
import math
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.conversion.filling import fill, state_dict
from agents.conversion.inputs import Feeds, output_key
from agents.conversion.loading import check_tensors, load_file, read_weights, save_weights
from agents.conversion.plan import (
    EXPORTED_FILE,
    OPSET,
    RECORD_FILE,
    REFERENCE_FILE,
    STRUCTURE_FILE,
    TYPE_CONFIG_FILE,
    WEIGHTS_FILE,
    Plan,
    load_feeds,
    read_plan,
)
from agents.conversion.recording import recorded, write_record
from agents.sandbox.inside import Refused, Report, inputs, outputs, run
from schemas.specs.type_configs import TypeConfigRefusedError, read_type_config

_REPEAT_RELATIVE = 1e-3
"""The same batch asked twice differs by rounding at most; a network that draws random numbers differs by far more."""
_SAFE_FILE = "weights.safetensors"
"""In the scratch folder: what the network is filled from."""
_EXPORT_BATCH = 2
"""PyTorch treats the sizes 0 and 1 as constants, so the example batch has two images."""


def _type_config(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return read_type_config(path.read_bytes())
    except TypeConfigRefusedError as error:
        raise Refused(error.problem.code, **error.problem.params) from error


def build(plan: Plan, folder: Path) -> torch.nn.Module:
    """The network of the structure file in the folder, with random weights; the type config may lie there too.

    `num_classes` is passed where the constructor takes it by name and the type config does not set it.

    Raises:
        Refused: `structure_class_missing`, `structure_import_missing`, `structure_failed`, and those of
            `schemas.specs.type_configs`.
    """
    arguments = _type_config(folder / TYPE_CONFIG_FILE)
    spec = importlib.util.spec_from_file_location("structure", folder / STRUCTURE_FILE)
    if spec is None or spec.loader is None:
        raise Refused("structure_failed", error="the file is no Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules["structure"] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise Refused("structure_import_missing", module=error.name) from error
    except (Exception, SystemExit) as error:
        raise Refused("structure_failed", error=_told(error)) from error
    made = getattr(module, plan.class_name, None)
    if not (isinstance(made, type) and issubclass(made, torch.nn.Module)):
        raise Refused("structure_class_missing", class_name=plan.class_name)
    try:
        if "num_classes" in inspect.signature(made).parameters:
            arguments = {"num_classes": plan.num_classes, **arguments}
        return made(**arguments)
    except (Exception, SystemExit) as error:
        raise Refused("structure_failed", error=_told(error)) from error


def _told(error: BaseException) -> str:
    """The error with the line of the structure file where it happened."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(STRUCTURE_FILE)
    ]
    place = f" (structure.py:{lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {error}{place}"


def flattened(outputs: object) -> list[torch.Tensor]:
    """The network's answer as a list of tensors.

    Raises:
        Refused: `output_not_tensors`.
    """
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    parts = list(outputs.values()) if isinstance(outputs, Mapping) else outputs
    if not isinstance(parts, list | tuple) or not all(isinstance(part, torch.Tensor) for part in parts) or not parts:
        raise Refused("output_not_tensors", found=type(outputs).__name__)
    return list(parts)


def reference(model: torch.nn.Module, plan: Plan, feeds: Feeds) -> dict[str, Any]:
    """The network's own outputs by `output_key` for every batch.

    Raises:
        Refused: `input_shape_wrong` where the network does not take such a batch, `output_not_tensors`,
            `output_not_repeatable` where the first batch, asked again, gets another answer.
    """
    results = {}
    for batch, images in feeds.items():
        for number, output in enumerate(_asked(model, plan, images)):
            results[output_key(batch, number)] = output.float().numpy()
    first, images = next(iter(feeds.items()))
    for number, output in enumerate(_asked(model, plan, images)):
        _check_repeated(number, results[output_key(first, number)], output.float().numpy())
    return results


def _asked(model: torch.nn.Module, plan: Plan, images: NDArray[Any]) -> list[torch.Tensor]:
    try:
        with torch.inference_mode():
            # A copy: some networks work in place, and the next one who asks needs the same images.
            outputs = model(torch.from_numpy(images.copy()))
    except Exception as error:
        shape = ",".join(map(str, (len(images), *plan.input_shape)))
        raise Refused("input_shape_wrong", shape=shape, error=_told(error)) from error
    return flattened(outputs)


def _check_repeated(output: int, before: NDArray[np.float32], again: NDArray[np.float32]) -> None:
    gap = float(np.abs(before - again).max(initial=0.0)) if before.shape == again.shape else math.inf
    if gap > _REPEAT_RELATIVE * float(np.abs(before).max(initial=0.0)):
        raise Refused("output_not_repeatable", output=output, measured=f"{gap:.6g}")


def export(model: torch.nn.Module, plan: Plan, outputs: int, path: Path) -> torch.export.ExportedProgram:
    """Write the ONNX graph to `path`, with its weights inside and a free batch; the program that it was made of.

    Raises:
        Refused: `export_failed`.
    """
    batch = 1 if plan.max_batch == 1 else _EXPORT_BATCH
    dynamic: Any = None if plan.max_batch == 1 else ({0: torch.export.Dim("batch", min=1)},)
    try:
        made = torch.onnx.export(
            model,
            (torch.zeros(batch, *plan.input_shape),),
            str(path),
            input_names=[plan.input_name],
            output_names=[f"output{number}" for number in range(outputs)],
            opset_version=OPSET,
            dynamo=True,
            dynamic_shapes=dynamic,
            external_data=False,
            optimize=False,
            verbose=False,
        )
    except Exception as error:
        cause = error.__cause__ or error
        raise Refused("export_failed", kind=type(cause).__name__, error=str(cause)) from error
    if made is None or made.exported_program is None:
        raise Refused("export_failed", kind="ONNXProgram", error="the exporter made no program")
    return made.exported_program


def convert(report: Report) -> None:
    """The child's whole part."""
    given, made = inputs(), outputs()
    plan = read_plan(given)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    report("weights", 0.1)
    weights = state_dict(load_file(given / WEIGHTS_FILE), plan.state_dict_key)
    check_tensors(weights)
    save_weights(weights, Path(_SAFE_FILE))
    model = build(plan, given)
    fill(model, read_weights(Path(_SAFE_FILE)))
    report("reference", 0.25)
    feeds = load_feeds(given, plan)
    results = reference(model, plan, feeds)
    np.savez(made / REFERENCE_FILE, **results)
    report("export", 0.35)
    program = export(model, plan, len(results) // len(feeds), made / EXPORTED_FILE)
    if plan.record is not None:
        write_record(made / RECORD_FILE, recorded(program, feeds[plan.record.batch]))
    report("export", 0.6)


if __name__ == "__main__":
    sys.exit(run(convert))
