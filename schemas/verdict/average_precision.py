"""Mean average precision with weights of the images: drawn anew for every replicate, over all images and in slices.

An image of weight w counts as w images that are all like it: what it holds and what was found in it is there w times.
The average precision is COCO's: the mean, over 101 recalls, of the best precision at this recall or a higher one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.verdict.kinds import WHOLE, Drawn, Marks
from schemas.verdict.weights import REPLICATES, raw, weights

RECALLS = np.linspace(0.0, 1.0, 101)
BLOCK_WEIGHTS = 1 << 22
"""Images times replicates that are weighed at a time: about 100 MB of 64-bit numbers while they are made."""
BLOCK_NUMBERS = 1 << 18
"""Found boxes times replicates that are worked on at a time: what the processor's cache holds."""

Weights = NDArray[np.uint8]
"""(replicates, images)"""
Places = NDArray[np.intp]
Floats = NDArray[np.float64]


class Ranked(NamedTuple):
    """What was found of one class, best first; boxes that count neither as right nor as wrong are not there.

    image: (found,) place of the image. is_true: (found,) whether the box found an object.
    positives: (images,) how many objects of the class each image holds.
    """

    image: Places
    is_true: Marks
    positives: Places


def ap_drawn(
    classes: Sequence[Ranked], digests: Sequence[str], slices: Mapping[str, Marks] | None = None
) -> dict[str, Drawn]:
    """Mean AP over the classes that have objects, for all images (WHOLE) and each slice: what `sample` takes.

    Args:
        classes: the places in them are those of `digests`.
        digests: the images, each `sha256:` and 64 hexadecimal digits.
        slices: for each slice (`DIMENSION=VALUE`) which images it has.

    Raises:
        ValueError: more objects of a class were found in an image than it holds.
    """
    for each in classes:
        if np.any(np.bincount(each.image[each.is_true], minlength=len(digests)) > each.positives):
            raise ValueError("an image has more right boxes of a class than objects")
    every = np.ones(len(digests), np.bool_)
    parts = {
        name: [Steps.of(each, images) for each in classes]
        for name, images in ({WHOLE: every} | dict(slices or {})).items()
    }
    found = {name: np.empty(REPLICATES, np.float32) for name in parts}
    names = raw(digests)
    size = max(1, BLOCK_WEIGHTS // len(digests))
    for start in range(0, REPLICATES, size):
        block = range(start, min(start + size, REPLICATES))
        drawn = np.ascontiguousarray(weights(names, block).T)
        for name, steps in parts.items():
            found[name][block.start : block.stop] = mean_ap(steps, drawn, QUICK)
    ones = np.ones((1, len(digests)), np.uint8)
    values = {name: float(mean_ap(steps, ones, EXACT)[0]) for name, steps in parts.items()}
    return {name: Drawn(values[name], found[name], *_objects(steps)) for name, steps in parts.items()}


class Grain(NamedTuple):
    """How finely is computed, and how far above a hundredth a recall counts as that one.

    reached: (101,) hundreds of recall that reach each of RECALLS. Some of these are not the float nearest to their
    hundredth but the next above, which a recall of just that hundredth does not reach in pycocotools: nor here.
    """

    dtype: type[np.floating]
    margin: float
    reached: NDArray[np.floating]

    @classmethod
    def of(cls, dtype: type[np.floating], margin: float) -> Grain:
        """With margins to both sides of the hundredths."""
        hundredths = np.arange(len(RECALLS))
        return cls(dtype, margin, (hundredths + np.where(hundredths / 100 < RECALLS, margin, -margin)).astype(dtype))


EXACT = Grain.of(np.float64, 1e-9)
QUICK = Grain.of(np.float32, 5e-5)
"""Twice as quick; with over 20,000 objects of a class, a recall 1/20,000 below a hundredth may count as that one."""


class Steps(NamedTuple):
    """A class in one group of images: where its recall rises.

    image: (found,) up to the last right one. right: (rises,) places of the right ones there.
    positives: (objects,) the image of each object.
    """

    image: Places
    right: Places
    positives: Places

    @classmethod
    def of(cls, ranked: Ranked, images: Marks) -> Steps:
        """Those of the boxes in these images."""
        there = images[ranked.image]
        image = ranked.image[there]
        right = np.flatnonzero(ranked.is_true[there])
        holding = np.flatnonzero(images & (ranked.positives > 0))
        return cls(
            image[: right[-1] + 1] if len(right) else image[:0],
            right,
            np.repeat(holding, ranked.positives[holding]),
        )


def _objects(classes: Sequence[Steps]) -> tuple[int, float]:
    """How many images hold objects, and what one object makes of the mean, root mean square over all objects."""
    counts = np.array([len(each.positives) for each in classes if len(each.positives)])
    if not len(counts):
        return 0, 0.0
    holding = len(np.unique(np.concatenate([each.positives for each in classes])))
    # an object of a class that has n is 1 / n of the recall of one class in so many
    return holding, float(np.sqrt(np.sum(1 / counts) / counts.sum())) / len(counts)


def mean_ap(classes: Sequence[Steps], drawn: Weights, grain: Grain) -> Floats:
    """(replicates,): the mean over the classes that have objects there; NaN where none has."""
    total, defined = np.zeros(len(drawn)), np.zeros(len(drawn))
    for steps in classes:
        block = max(1, BLOCK_NUMBERS // max(1, len(steps.image)))
        for start in range(0, len(drawn), block):
            part = slice(start, start + block)
            objects = np.take(drawn[part], steps.positives, axis=1).sum(axis=1, dtype=np.int64)
            total[part] += _average(steps, drawn[part], objects, grain)
            defined[part] += objects > 0
    return np.where(defined > 0, total / np.maximum(defined, 1), np.nan)


def _average(steps: Steps, drawn: Weights, objects: NDArray[np.int64], grain: Grain) -> Floats:
    """(replicates,): one class's average precision; 0 where it has no objects."""
    if not len(steps.right):
        return np.zeros(len(drawn))
    found = np.take(drawn, steps.image, axis=1)
    seen = np.take(np.cumsum(found, axis=1, dtype=np.int32), steps.right, axis=1)
    right = np.cumsum(np.take(found, steps.right, axis=1), axis=1, dtype=np.int32).astype(grain.dtype)
    precision = right / np.maximum(seen, 1).astype(grain.dtype)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # how many of RECALLS are reached, beside the first, which is 0
    recall = right * (100 / np.maximum(objects, 1)).astype(grain.dtype)[:, None]
    reached = (recall + grain.margin).astype(np.int16)
    reached -= np.take(grain.reached, reached) > recall
    rises = np.diff(reached, axis=1, prepend=np.int16(-1)).astype(grain.dtype)
    averages = np.einsum("ri,ri->r", best, rises) / len(RECALLS)
    return np.where(objects > 0, averages, 0.0)
