"""Child: the user's network and weights become an ONNX graph and reference outputs. Runs the user's code."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from agents.conversion.answers import Flat, is_flat, names, tensors
from agents.conversion.building import arguments, build, load_class, reported, told
from agents.conversion.exporting import export
from agents.conversion.filling import Chosen, fill, state_dict
from agents.conversion.inputs import Feeds, output_key
from agents.conversion.loading import as_safetensors, check_tensors, load_file, not_finite, read_weights
from agents.conversion.plan import (
    EXPORTED_FILE,
    RECORD_FILE,
    REFERENCE_FILE,
    STRUCTURE_FILE,
    TOLD_FILE,
    TYPE_CONFIG_FILE,
    WEIGHTS_FILE,
    Plan,
    Told,
    load_feeds,
    read_plan,
)
from agents.conversion.recording import recorded, write_record
from agents.sandbox.inside import Refused, Report, inputs, listed, outputs, run
from schemas.specs.type_configs import TypeConfigRefusedError, read_type_config
from schemas.values import Code

_REPEAT_RELATIVE = 1e-3
"""The same batch asked twice differs by rounding at most; a network that draws random numbers differs by far more."""


def network(plan: Plan, given: Path, scratch: Path) -> tuple[torch.nn.Module, Told]:
    """The user's network with its weights, and what there is to tell about it; the user's code begins to run here.

    Raises:
        Refused: the codes of `agents.conversion.loading`, `.filling` and `.building`, and of a type config.
    """
    loaded = load_file(given / WEIGHTS_FILE)
    weights = state_dict(loaded, plan.state_dict_key)
    check_tensors(weights)
    safe = as_safetensors(weights)
    config = _type_config(given / TYPE_CONFIG_FILE)
    made = load_class((given / STRUCTURE_FILE).read_bytes(), plan.class_name, scratch)
    found = arguments(made, config, loaded, plan.num_classes)
    model = build(made, found)
    chosen = fill(model, read_weights(safe), weights.notes)
    return model, Told(arguments=reported(found), notices=_notices(chosen))


def _type_config(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return read_type_config(path.read_bytes())
    except TypeConfigRefusedError as error:
        raise Refused(error.problem.code, **error.problem.params) from error


def _notices(chosen: Chosen) -> tuple[Code, ...]:
    notices = []
    if chosen.prefix:
        notices.append(Code("weights_prefix_removed", {"prefix": chosen.prefix}))
    if chosen.left_out:
        params = {"names": listed(list(chosen.left_out)), "count": str(len(chosen.left_out))}
        notices.append(Code("weights_left_out", params))
    if chosen.cast:
        kinds = [f"{kind} ({count})" for kind, count in Counter(chosen.cast.values()).items()]
        notices.append(Code("weights_cast", {"kinds": listed(kinds), "count": str(len(chosen.cast))}))
    if wrong := not_finite(chosen.tensors):
        notices.append(Code("weights_not_finite", {"names": listed(wrong), "count": str(len(wrong))}))
    return tuple(notices)


def reference(model: torch.nn.Module, plan: Plan, feeds: Feeds) -> dict[str, NDArray[np.float32]]:
    """The network's own outputs by `output_key` for every batch.

    Raises:
        Refused: `input_shape_wrong` where the network does not take such a batch, `batch_one_only` where it takes one
            image and no more, `output_not_tensors`, `output_not_repeatable` where the first batch, asked again, gets
            another answer.
    """
    results: dict[str, NDArray[np.float32]] = {}
    for batch, images in feeds.items():
        for number, output in enumerate(_asked(model, plan, images, feeds)):
            results[output_key(batch, number)] = array = _array(output)
            alone = results.get(output_key(batch._replace(size=1), number))
            if alone is not None and len(alone.shape) and _swallows_batch(alone, array, batch.size):
                raise Refused("batch_one_only", batch=batch.size, error=f"output {array.shape}")
    first, images = next(iter(feeds.items()))
    for number, output in enumerate(_asked(model, plan, images, feeds)):
        _check_repeated(number, results[output_key(first, number)], _array(output))
    return results


def _array(output: torch.Tensor) -> NDArray[np.float32]:
    """The numbers in the order that the file of arrays is to have; transposed outputs lie otherwise in memory."""
    array: NDArray[np.float32] = np.asarray(output.float().numpy(), order="C")
    return array


def _swallows_batch(alone: NDArray[Any], array: NDArray[Any], size: int) -> bool:
    """All images' numbers are there, but not image by image: the network believes in a batch of one."""
    return len(alone) == 1 and array.shape[:1] != (size,) and array.size == size * alone.size


def _asked(model: torch.nn.Module, plan: Plan, images: NDArray[Any], feeds: Feeds) -> list[torch.Tensor]:
    try:
        return tensors(answer(model, images))
    except Refused:
        raise
    except Exception as error:
        if len(images) > 1 and min(batch.size for batch in feeds) == 1:
            # The batch of one image came first, and passed.
            raise Refused("batch_one_only", batch=len(images), error=told(error)) from error
        shape = ",".join(map(str, (len(images), *plan.input_shape)))
        raise Refused("input_shape_wrong", shape=shape, error=told(error)) from error


def answer(model: torch.nn.Module, images: NDArray[Any]) -> object:
    """What the network says of the images, as it says it."""
    with torch.inference_mode():
        # A copy: some networks work in place, and the next one who asks needs the same images.
        said: object = model(torch.from_numpy(images.copy()))
    return said


def _check_repeated(output: int, before: NDArray[np.float32], again: NDArray[np.float32]) -> None:
    gap = float(np.abs(before - again).max(initial=0.0)) if before.shape == again.shape else math.inf
    if gap > _REPEAT_RELATIVE * float(np.abs(before).max(initial=0.0)):
        raise Refused("output_not_repeatable", output=output, measured=f"{gap:.6g}")


def convert(report: Report) -> None:
    """The child's whole part."""
    given, made = inputs(), outputs()
    plan = read_plan(given)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    report("weights", 0.1)
    model, told_of = network(plan, given, Path.cwd())
    report("reference", 0.25)
    feeds = load_feeds(given, plan)
    results: Mapping[str, Any] = reference(model, plan, feeds)
    np.savez(made / REFERENCE_FILE, **results)
    report("export", 0.35)
    example = answer(model, next(iter(feeds.values())))
    exportable = model if is_flat(example) else Flat(model).eval()
    exported = export(exportable, plan, names(example, taken=plan.input_name), made / EXPORTED_FILE)
    if plan.record is not None and exported.program is not None:
        write_record(made / RECORD_FILE, recorded(exported.program, feeds[plan.record.batch]))
    told_of = msgspec.structs.replace(told_of, notices=told_of.notices + exported.notices)
    (made / TOLD_FILE).write_bytes(msgspec.json.encode(told_of))
    report("export", 0.6)


if __name__ == "__main__":
    sys.exit(run(convert))
