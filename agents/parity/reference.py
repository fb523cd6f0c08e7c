"""Child: what the user's network answers to the pixels, in plain PyTorch. Runs the user's code; decides nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from agents.conversion.answers import tensors
from agents.conversion.building import told
from agents.conversion.export import answer, network
from agents.conversion.plan import Plan, read_plan
from agents.parity.plan import OUTPUTS_BYTES_MAX, output_name, outputs_file, pixels_file
from agents.preprocessing import normalise
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run

BATCH = 8
"""Small: eager PyTorch gains nothing from more on one thread, and the memory is the network's to use."""


def _answers(
    model: torch.nn.Module, plan: Plan, pixels: NDArray[np.uint8], report: Report
) -> list[NDArray[np.float32]]:
    size = min(BATCH, plan.max_batch)
    progress = Steady(report, "reference", len(pixels), start=0.2, stop=0.6)
    parts: list[list[NDArray[np.float32]]] = []
    held_bytes = 0
    for start in range(0, len(pixels), size):
        block = pixels[start : start + size]
        images = np.empty(block.shape, np.float32)
        for image, slot in zip(block, images, strict=True):
            normalise(image, plan.mean, plan.scale, slot)
        try:
            said = tensors(answer(model, images))
        except Refused:
            raise
        except Exception as error:
            shape = ",".join(map(str, images.shape))
            raise Refused("input_shape_wrong", shape=shape, error=told(error)) from error
        rows = [np.asarray(each.float().numpy(), order="C") for each in said]
        if any(each.shape[:1] != (len(block),) for each in rows):
            found = "; ".join(str(each.shape) for each in rows)
            raise Refused("output_without_batch", output=0, shape=found, batch=len(block))
        held_bytes += sum(each.nbytes for each in rows)
        if held_bytes > OUTPUTS_BYTES_MAX:
            raise Refused("parity_too_large", images=len(pixels), most=start)
        parts.append(rows)
        progress.step(len(block))
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def refer(report: Report) -> None:
    """The child's whole part."""
    given = inputs()
    (position,) = (number for number in range(1000) if (given / pixels_file(number)).exists())
    plan = read_plan(given)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, _ = network(plan, given, Path.cwd())
    pixels = np.load(given / pixels_file(position), mmap_mode="r", allow_pickle=False)
    found = _answers(model, plan, pixels, report)
    arrays = {output_name(number): each for number, each in enumerate(found)}
    np.savez(outputs() / outputs_file(position), **arrays)  # type: ignore[arg-type]  # the stub knows only allow_pickle


if __name__ == "__main__":
    sys.exit(run(refer))
