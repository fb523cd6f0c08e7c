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
BLOCK_REPLICATES = 100
BLOCK_NUMBERS = 1 << 17
"""Found boxes times replicates that are worked on at a time: what the processor's cache holds."""
_BELOW = 1e-9
"""Far less than what a recall can be from a hundredth that it is not."""

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
        name: [_Steps.of(each, images) for each in classes]
        for name, images in ({WHOLE: every} | dict(slices or {})).items()
    }
    found = {name: np.empty(REPLICATES, np.float32) for name in parts}
    names = raw(digests)
    for start in range(0, REPLICATES, BLOCK_REPLICATES):
        block = range(start, min(start + BLOCK_REPLICATES, REPLICATES))
        drawn = np.ascontiguousarray(weights(names, block).T)
        for name, steps in parts.items():
            found[name][block.start : block.stop] = mean_ap(steps, drawn)
    ones = np.ones((1, len(digests)), np.uint8)
    return {name: Drawn(float(mean_ap(steps, ones)[0]), found[name], *_objects(steps)) for name, steps in parts.items()}


class _Steps(NamedTuple):
    """A class in one group of images: where its recall rises.

    image: (found,) up to the last right one. right: (rises,) places of the right ones there. starts: (rises,) where the
    boxes begin that come after the right one before. positives: (objects,) the image of each object.
    """

    image: Places
    right: Places
    starts: Places
    positives: Places

    @classmethod
    def of(cls, ranked: Ranked, images: Marks) -> _Steps:
        """Those of the boxes in these images."""
        there = images[ranked.image]
        image = ranked.image[there]
        right = np.flatnonzero(ranked.is_true[there])
        holding = np.flatnonzero(images & (ranked.positives > 0))
        return cls(
            image[: right[-1] + 1] if len(right) else image[:0],
            right,
            np.append(0, right[:-1] + 1) if len(right) else right,
            np.repeat(holding, ranked.positives[holding]),
        )


def _objects(classes: Sequence[_Steps]) -> tuple[int, float]:
    """How many images hold objects, and what one object makes of the mean, root mean square over all objects."""
    counts = np.array([len(each.positives) for each in classes if len(each.positives)])
    if not len(counts):
        return 0, 0.0
    holding = len(np.unique(np.concatenate([each.positives for each in classes])))
    # an object of a class that has n is 1 / n of the recall of one class in so many
    return holding, float(np.sqrt(np.sum(1 / counts) / counts.sum())) / len(counts)


def mean_ap(classes: Sequence[_Steps], drawn: Weights) -> Floats:
    """(replicates,): the mean over the classes that have objects there; NaN where none has."""
    total, defined = np.zeros(len(drawn)), np.zeros(len(drawn))
    for steps in classes:
        block = max(1, BLOCK_NUMBERS // max(1, len(steps.image)))
        for start in range(0, len(drawn), block):
            part = slice(start, start + block)
            objects = np.take(drawn[part], steps.positives, axis=1).sum(axis=1, dtype=np.int64)
            total[part] += _average(steps, drawn[part], objects)
            defined[part] += objects > 0
    return np.where(defined > 0, total / np.maximum(defined, 1), np.nan)


def _average(steps: _Steps, drawn: Weights, objects: NDArray[np.int64]) -> Floats:
    """(replicates,): one class's average precision; 0 where it has no objects."""
    if not len(steps.right):
        return np.zeros(len(drawn))
    found = np.take(drawn, steps.image, axis=1)
    seen = np.cumsum(np.add.reduceat(found, steps.starts, axis=1, dtype=np.int32), axis=1)
    right = np.cumsum(found[:, steps.right], axis=1, dtype=np.int32)
    precision = right / np.maximum(seen, 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = right / np.maximum(objects, 1)[:, None]
    # how many of RECALLS are reached; the comparison is pycocotools', whose hundredths are not always the nearest float
    reached = (recall * 100 + _BELOW).astype(np.int16)
    reached -= RECALLS[reached] > recall
    reached += 1
    rises = np.diff(reached, axis=1, prepend=np.int16(0))
    averages: Floats = np.einsum("ri,ri->r", best, rises.astype(np.float64)) / len(RECALLS)
    return np.where(objects > 0, averages, 0.0)
