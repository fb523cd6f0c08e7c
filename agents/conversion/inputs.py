"""What the network is asked: batches of random images and, where the conversion names a dataset, of its first ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.reports import InputKind
from schemas.specs.templates import BATCH_TRIED_MAX

REAL_IMAGES_MAX = 16
_SEED = 20_170_401

Images = NDArray[np.float32]
"""Normalised images, (images, channels, height, width)."""


class Batch(NamedTuple):
    """So many of the images of a kind, from `start` on."""

    inputs: InputKind
    size: int
    start: int = 0


Feeds = Mapping[Batch, NDArray[Any]]


def sizes(max_batch: int) -> tuple[int, ...]:
    """The batch sizes that are tried: 1, 2, 3 and the largest (at most `BATCH_TRIED_MAX`), as far as allowed."""
    return tuple(sorted({size for size in (1, 2, 3, min(max_batch, BATCH_TRIED_MAX)) if size <= max_batch}))


def tried(max_batch: int, real_images: int = 0) -> tuple[Batch, ...]:
    """Every batch that the network is asked, the same for everyone who asks.

    The smaller batches are the first images of the largest, so that an image's answer can be compared over batches;
    batches of the largest size then use up the real images.
    """
    *small, largest = sizes(max_batch)
    found = [Batch("random", size) for size in (*small, largest)]
    found += [Batch("real", size) for size in small if size <= real_images]
    whole = min(largest, real_images)
    if whole and Batch("real", whole) not in found:
        found += [Batch("real", whole, start) for start in range(0, real_images - whole + 1, whole)]
    return tuple(found)


def feeds(max_batch: int, random: Images, real: Images | None = None) -> dict[Batch, Images]:
    """The batches with their images, in the order of `tried`."""
    images: dict[InputKind, Images] = {"random": random}
    if real is not None:
        images["real"] = real
    wanted = tried(max_batch, 0 if real is None else len(real))
    return {batch: images[batch.inputs][batch.start : batch.start + batch.size] for batch in wanted}


def output_key(batch: Batch, output: int) -> str:
    """The name of an output of a batch in the reference file."""
    return f"{batch.inputs}{batch.size}_{batch.start}_o{output}"


def random_images(
    shape: tuple[int, int, int], mean: tuple[float, ...], scale: tuple[float, ...], max_batch: int
) -> Images:
    """Random normalised images, as many as the largest batch takes. The same arguments give the same array.

    They span what pixels 0..255 become, so no layer sees impossible values.
    """
    draw = np.random.default_rng(_SEED)
    images = np.empty((sizes(max_batch)[-1], *shape), np.float32)
    # one after the other: in float64, all at once would take several times the memory
    for place in range(len(images)):
        pixels = draw.uniform(0, 255, shape)
        if place % 2 == 0:
            # Half of the images vary slowly, as photographs do: white noise alone leaves deep layers nearly constant.
            pixels = pixels[:, :1, :1] * 0.5 + pixels * 0.5
        images[place] = (pixels - np.array(mean)[:, None, None]) * np.array(scale)[:, None, None]
    return images
