"""Child: makes network inputs of a dataset's first images. Decodes strangers' files; runs no user code."""

from __future__ import annotations

import sys
from collections import Counter
from math import prod
from pathlib import Path

import msgspec
import numpy as np

from agents.conversion.inputs import REAL_IMAGES_MAX, Images
from agents.conversion.plan import (
    PACK_FILE,
    REAL_FILE,
    TOLD_FILE,
    Plan,
    Told,
    read_plan,
    write_images,
)
from agents.preprocessing import ChainError, decode, normalised, run_chain
from agents.sandbox.inside import Refused, Report, inputs, outputs, run, tallied
from schemas.specs.methods import proposed_chain
from schemas.specs.templates import INPUTS_BYTES_MAX
from schemas.values import Code
from storage.datasets.pack import DatasetPack, ImageRecord, PackError

_FLOAT_BYTES = 4


def images_max(input_shape: tuple[int, int, int]) -> int:
    """How many images are taken: `REAL_IMAGES_MAX`, fewer where the file would be too large, at least one."""
    fitting = INPUTS_BYTES_MAX // 2 // (prod(input_shape) * _FLOAT_BYTES)
    return max(1, min(REAL_IMAGES_MAX, fitting))


def first_images(path: Path, plan: Plan) -> tuple[Images, Counter[str]]:
    """The pack's first images that can be used, (images, channels, height, width), and why others before them cannot.

    They go through the chain that is proposed for the network, then through its normalisation; also where the network
    would look at another one's box, for there is no box yet.

    Raises:
        Refused: `pack_unreadable`, `no_images_left`, `chain_shape_wrong`.
    """
    found: list[Images] = []
    skipped: Counter[str] = Counter()
    wanted = images_max(plan.input_shape)
    try:
        with DatasetPack(path) as pack:
            for record in pack.records:
                image = _input(pack.image(record), record, plan)
                if isinstance(image, str):
                    skipped[image] += 1
                    continue
                found.append(image)
                if len(found) == wanted:
                    break
    except PackError as error:
        raise Refused("pack_unreadable", error=error) from error
    if not found:
        raise Refused("no_images_left", skipped=skipped.total(), reasons=tallied(skipped))
    return np.stack(found), skipped


def _input(data: bytes, record: ImageRecord, plan: Plan) -> Images | str:
    """The network's input for an image, or the code why it has none."""
    decoded = decode(data, plan.input_shape[0])
    if decoded is None:
        return "image_broken"
    try:
        pixels = run_chain(decoded, proposed_chain(plan.input_shape, plan.args))
    except ChainError as error:
        return error.code
    if pixels.shape != plan.input_shape:
        raise Refused("chain_shape_wrong", got=pixels.shape, wanted=plan.input_shape, image=record.name)
    return normalised(pixels, plan.mean, plan.scale)


def notices(used: int, skipped: Counter[str]) -> tuple[Code, ...]:
    """What is worth knowing of images that were passed over."""
    if not skipped:
        return ()
    params = {"skipped": str(skipped.total()), "reasons": tallied(skipped), "used": str(used)}
    return (Code("real_images_skipped", params),)


def prepare(report: Report) -> None:
    """The child's whole part."""
    report("images", 0.04)
    images, skipped = first_images(inputs() / PACK_FILE, read_plan(inputs()))
    write_images(outputs() / REAL_FILE, images)
    (outputs() / TOLD_FILE).write_bytes(msgspec.json.encode(Told(notices=notices(len(images), skipped))))
    report("images", 0.08)


if __name__ == "__main__":
    sys.exit(run(prepare))
