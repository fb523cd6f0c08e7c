"""Child: brings a dataset's images through each sub-model's chain, once for both sides. Runs no user code.

Normalisation is not done here: PyTorch needs all of it, the Tron may have a part of it in its graph.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from math import prod

import msgspec
import numpy as np

from agents.evaluation.networks import Plain, chain_of, plain
from agents.parity.plan import (
    CHOSEN_FILE,
    PACK_FILE,
    PARITY_FILE,
    PIXELS_BYTES_MAX,
    TRON_FILE,
    Chosen,
    ParityPlan,
    pixels_file,
)
from agents.preprocessing import ChainError, Image, decode, run_chain
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.specs.preprocessing import Step
from storage.datasets.pack import DatasetPack, PackError
from storage.plugins import register_installed
from storage.tron_file import TronFile, TronFileError


def spread(count: int, most: int) -> list[int]:
    """At most so many of the places 0..count-1, evenly spread: datasets are often sorted by class."""
    return sorted({int(place) for place in np.linspace(0, count - 1, min(count, most))}) if count else []


def _through(data: bytes, networks: Sequence[tuple[Plain, tuple[Step, ...]]], name: str) -> list[Image] | str:
    """The image behind each network's chain; the code why it cannot be brought there."""
    found: list[Image] = []
    for each, steps in networks:
        shape = each.sub.input.shape
        image = decode(data, shape[0])
        if image is None:
            return "image_broken"
        try:
            pixels = run_chain(image, steps)
        except ChainError as error:
            return error.code
        if pixels.shape != shape:
            raise Refused("chain_shape_wrong", got=pixels.shape, wanted=shape, image=name)
        found.append(pixels)
    return found


def _write(
    plan: ParityPlan, networks: Sequence[Plain], order: Sequence[str], pack: DatasetPack, report: Report
) -> None:
    largest = max(prod(each.sub.input.shape) for each in networks)
    if plan.images_max * largest > PIXELS_BYTES_MAX:
        raise Refused("parity_too_large", images=plan.images_max, most=PIXELS_BYTES_MAX // largest)
    chains = [
        (each, chain_of(each.sub, plan.test.steps if each.spec.family == pack.info.type else ())) for each in networks
    ]
    wanted = spread(len(pack.records), plan.images_max)
    progress = Steady(report, "prepare", len(wanted), start=0.05, stop=0.2)
    skipped: Counter[str] = Counter()
    places: list[int] = []
    columns: list[list[Image]] = [[] for _ in networks]
    for place in wanted:
        record = pack.records[place]
        found = _through(pack.image(record), chains, record.name)
        if isinstance(found, str):
            skipped[found] += 1
        else:
            places.append(place)
            for column, pixels in zip(columns, found, strict=True):
                column.append(np.ascontiguousarray(pixels))
        progress.step()
    if not places:
        raise Refused("no_images_left", skipped=skipped.total(), reasons=tallied(skipped))
    for each, column in zip(networks, columns, strict=True):
        np.save(outputs() / pixels_file(order.index(each.sub.name)), np.stack(column))
    chosen = Chosen(places=tuple(places), skipped=dict(sorted(skipped.items())))
    (outputs() / CHOSEN_FILE).write_bytes(msgspec.json.encode(chosen))


def prepare(report: Report) -> None:
    """The child's whole part."""
    register_installed()
    plan = msgspec.json.decode((inputs() / PARITY_FILE).read_bytes(), type=ParityPlan)
    try:
        with TronFile(inputs() / TRON_FILE) as file:
            networks, order = plain(file.manifest), [sub.name for sub in file.manifest.sub_models]
        with DatasetPack(inputs() / PACK_FILE) as pack:
            _write(plan, networks, order, pack, report)
    except TronFileError as error:
        raise Refused("tron_unreadable", error=error) from error
    except PackError as error:
        raise Refused("pack_unreadable", error=error) from error


if __name__ == "__main__":
    sys.exit(run(prepare))
