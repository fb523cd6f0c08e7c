"""Mean average precision with weights of the images: drawn anew for every replicate, over all images and in slices.

An image of weight w counts as w images that are all like it: what it holds and what was found in it is there w times.
The average precision is COCO's: the mean, over 101 recalls, of the best precision at this recall or a higher one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.verdict.keys import WHOLE
from schemas.verdict.kinds import Drawn, Marks
from schemas.verdict.weights import REPLICATES, Digests, raw, weights

RECALLS = np.linspace(0.0, 1.0, 101)
BLOCK_WEIGHTS = 1 << 20
"""Images times replicates that are weighed at a time: about 25 MB of 64-bit numbers while they are made."""
PART_FOUND = 1 << 17
"""Classes are worked on together up to so many found boxes: what the processor's cache holds."""
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
    classes: Iterable[Ranked], digests: Sequence[str] | Digests, slices: Mapping[str, Marks] | None = None
) -> dict[str, Drawn]:
    """Mean AP over the classes that have objects, for all images (WHOLE) and each slice: what `sample` takes.

    Args:
        classes: the places in them are those of `digests`; each is asked for once.
        digests: the images, as `raw` takes them.
        slices: for each slice (`DIMENSION=VALUE`) which images it has.

    Raises:
        ValueError: more objects of a class were found in an image than it holds.
    """
    groups = {WHOLE: np.ones(len(digests), np.bool_), **(slices or {})}
    classes_of: dict[str, list[Rises]] = {name: [] for name in groups}
    for each in classes:
        if np.any(np.bincount(each.image[each.is_true], minlength=len(digests)) > each.positives):
            raise ValueError("an image has more right boxes of a class than objects")
        for name, images in groups.items():
            classes_of[name].append(Rises.of(each, images))
    parts = {name: joined(each) for name, each in classes_of.items()}
    found = {name: np.empty(REPLICATES, np.float32) for name in parts}
    names = raw(digests)
    size = max(1, BLOCK_WEIGHTS // max(1, len(digests)))
    for start in range(0, REPLICATES, size):
        block = range(start, min(start + size, REPLICATES))
        drawn = np.ascontiguousarray(weights(names, block).T)
        for name, part in parts.items():
            found[name][block.start : block.stop] = mean_ap(part, drawn)
    ones = np.ones((1, len(digests)), np.uint8)
    return {
        name: Drawn(float(mean_ap(part, ones)[0]), found[name], *_objects(classes_of[name]))
        for name, part in parts.items()
    }


class Rises(NamedTuple):
    """A class in one group of images: where its recall rises.

    image: (found,) up to the last right one. right: (rises,) places of the right ones there.
    positives: (objects,) the image of each object.
    """

    image: Places
    right: Places
    positives: Places

    @classmethod
    def of(cls, ranked: Ranked, images: Marks) -> Rises:
        """Those of the boxes in these images."""
        there = images[ranked.image]
        right = np.flatnonzero(ranked.is_true[there])
        image = ranked.image[there][: right[-1] + 1 if len(right) else 0]
        holding = np.flatnonzero(images & (ranked.positives > 0))
        return cls(image, right, np.repeat(holding, ranked.positives[holding]))


class Part(NamedTuple):
    """Classes one behind the other, so that all of them are one piece of arithmetic.

    image, right, positives: as in `Rises`. For each rise: label, its class; found_from, where the boxes of this begin;
    risen_from, where its rises begin; offset, more for classes that come first. firsts: where classes' rises begin.
    objects_to: (classes,) where the objects of each end.
    """

    image: Places
    right: Places
    positives: Places
    label: Places
    found_from: Places
    risen_from: Places
    firsts: Places
    offset: Floats
    objects_to: Places


def joined(classes: Sequence[Rises]) -> list[Part]:
    """The classes that have objects, in parts of about PART_FOUND found boxes."""
    having = [each for each in classes if len(each.positives)]
    before = np.cumsum([0, *(len(each.image) for each in having)])[:-1] // PART_FOUND
    return [
        _part([each for each, place in zip(having, before.tolist(), strict=True) if place == number])
        for number in np.unique(before).tolist()
    ]


def _part(classes: Sequence[Rises]) -> Part:
    found, rises, objects = (
        np.array([len(each[column]) for each in classes], np.intp) for column in range(len(Rises._fields))
    )
    found_from, risen_from = np.cumsum(found) - found, np.cumsum(rises) - rises
    label = np.repeat(np.arange(len(classes)), rises)
    return Part(
        image=np.concatenate([each.image for each in classes]),
        right=np.concatenate([each.right for each in classes]) + found_from[label],
        positives=np.concatenate([each.positives for each in classes]),
        label=label,
        found_from=found_from[label],
        risen_from=risen_from[label],
        firsts=risen_from[rises > 0],
        offset=2.0 * (len(classes) - label).astype(np.float64),
        objects_to=np.cumsum(objects),
    )


def _objects(classes: Sequence[Rises]) -> tuple[int, float]:
    """How many images hold objects, and what one object makes of the mean, root mean square over all objects."""
    counts = np.array([len(each.positives) for each in classes if len(each.positives)])
    if not len(counts):
        return 0, 0.0
    holding = len(np.unique(np.concatenate([each.positives for each in classes])))
    # an object of a class that has n is 1 / n of the recall of one class in so many
    return holding, float(np.sqrt(np.sum(1 / counts) / counts.sum())) / len(counts)


def mean_ap(parts: Sequence[Part], drawn: Weights) -> Floats:
    """(replicates,): the mean over the classes that have objects there; NaN where none has."""
    total, defined = np.zeros(len(drawn)), np.zeros(len(drawn))
    for each in parts:
        block = max(1, 2 * PART_FOUND // max(1, len(each.image) + len(each.positives)))
        for start in range(0, len(drawn), block):
            part = slice(start, start + block)
            held = np.diff(_sums(drawn[part], each.positives)[:, each.objects_to], axis=1, prepend=0)
            total[part] += _sum(each, drawn[part], held)
            defined[part] += (held > 0).sum(axis=1)
    return np.where(defined > 0, total / np.maximum(defined, 1), np.nan)


def _sums(drawn: Weights, places: Places) -> NDArray[np.int32]:
    """(replicates, places + 1): the sum of the weights up to each place, none of them first."""
    sums = np.zeros((len(drawn), len(places) + 1), np.int32)
    np.cumsum(np.take(drawn, places, axis=1), axis=1, out=sums[:, 1:])
    return sums


def _sum(part: Part, drawn: Weights, held: NDArray[np.int32]) -> Floats:
    """(replicates,): the average precisions of the classes, added up.

    Args:
        held: (replicates, classes) how many objects there are.
    """
    if not len(part.right):
        return np.zeros(len(drawn))
    found, risen = _sums(drawn, part.image), _sums(drawn, part.image[part.right])
    seen = np.take(found, part.right + 1, axis=1) - np.take(found, part.found_from, axis=1)
    right = risen[:, 1:] - np.take(risen, part.risen_from, axis=1)
    # the offsets let no class's precision reach the one before it
    precision = right / np.maximum(seen, 1) + part.offset
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1] - part.offset
    recall = right / np.maximum(np.take(held, part.label, axis=1), 1)
    # how many of RECALLS are reached; the comparison is pycocotools', whose hundredths are not always the nearest float
    reached = (recall * 100 + _BELOW).astype(np.int16)
    reached -= np.take(RECALLS, reached) > recall
    reached += 1
    rises = np.diff(reached, axis=1, prepend=np.int16(0))
    rises[:, part.firsts] = reached[:, part.firsts]
    averages: Floats = np.einsum("ri,ri->r", best, rises.astype(np.float64)) / len(RECALLS)
    return averages
