"""Found boxes matched with true ones, once for every threshold and size range: what all detection figures are made of.

The rules are COCO's: in each image and class the found boxes choose in the order of their scores; each takes the true
box that it overlaps most, of those that nobody took and that count; where there is none, one that does not count (a
crowd, or of another size range), and then it does not count either. What took nothing is wrong, and does not count
where it is of another size range. Equal to pycocotools down to ties; that has no `ignore` (VOC's difficult), which is
matched like a box that does not count, by as many as like.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.metrics.boxes import AREA_RANGES, Floats, Found, Indexes, Marks, Truths, check
from agents.evaluation.metrics.choosing import chosen
from agents.evaluation.metrics.pairs import NEARLY_ONE, Pairs, Side, pairs

COCO_IOUS = np.linspace(0.5, 0.95, 10)
DETECTIONS_MAX = (1, 10, 100)
"""COCO's: how many boxes of an image and class are looked at, best first. The last one bounds everything."""
WRONG, RIGHT, IGNORED = np.uint8(0), np.uint8(1), np.uint8(2)

Verdicts = NDArray[np.uint8]


class Matches(NamedTuple):
    """The verdict on every found box at every threshold and size range.

    The d found boxes (without those past the last of `detections_max`) are ordered by class, by score, best first, and
    by image; the truths as they were given.

    ious: (t,) thresholds; `task` is the place of the test's own among them. images, classes: how many there are.
    source: (d,) place in `Found`. image, label, scores: (d,). rank: (d,) place among those of the image and class.
    verdict: (t, 4, d) WRONG, RIGHT or IGNORED. partner: (d,) place in `Truths` of the true box taken at the test's
    threshold among boxes of all sizes, -1 for none. truth_image, truth_label: (g,). truth_ignored: (4, g).
    """

    ious: Floats
    task: int
    images: int
    classes: int
    detections_max: tuple[int, ...]
    source: Indexes
    image: Indexes
    label: Indexes
    scores: Floats
    rank: Indexes
    verdict: Verdicts
    partner: Indexes
    truth_image: Indexes
    truth_label: Indexes
    truth_ignored: Marks


def thresholds(iou: float) -> tuple[Floats, int]:
    """COCO's ten with the test's own, and its place among them."""
    close = np.flatnonzero(np.isclose(COCO_IOUS, iou, rtol=0, atol=1e-9))
    return (COCO_IOUS, int(close[0])) if len(close) else (np.append(COCO_IOUS, iou), len(COCO_IOUS))


def match(
    truths: Truths,
    found: Found,
    *,
    images: int,
    classes: int,
    iou: float = 0.5,
    detections_max: tuple[int, ...] = DETECTIONS_MAX,
) -> Matches:
    """Match what was found with what is true.

    Args:
        images: how many there are, those without any box included; `image` counts up to it. Their order decides between
            equal scores (pycocotools: ascending ids).
        classes: the same of `label`.
        iou: the test's own threshold, over 0 and at most 1.
        detections_max: ascending.

    Raises:
        Refused: see `check`.
        ValueError: the true boxes are not sound.
    """
    check(truths, found, images, classes)
    ious, task = thresholds(iou)
    by_group, rank = _ranked(found, classes, detections_max[-1])
    by_class = np.lexsort((-found.scores[by_group], found.label[by_group]))
    source = by_group[by_class]
    outside = _outside(found.area[source])
    made = Matches(
        ious=ious,
        task=task,
        images=images,
        classes=classes,
        detections_max=detections_max,
        source=source,
        image=found.image[source],
        label=found.label[source],
        scores=found.scores[source].astype(np.float64),
        rank=rank[by_class],
        verdict=np.repeat(np.where(outside, IGNORED, WRONG)[None], len(ious), axis=0),
        partner=np.full(len(source), -1),
        truth_image=truths.image,
        truth_label=truths.label,
        truth_ignored=_outside(truths.area) | truths.crowd | truths.ignore,
    )
    places = np.empty_like(by_class)
    places[by_class] = np.arange(len(by_class))
    _decide_all(made, truths, found, by_group, places)
    return made


def subset(matches: Matches, images: Marks) -> Matches:
    """The matches in some of the images, for the figures of a slice; places in `Truths` are those in the whole.

    Args:
        images: (images,) which ones.
    """
    found, true = images[matches.image], images[matches.truth_image]
    return matches._replace(
        source=matches.source[found],
        image=matches.image[found],
        label=matches.label[found],
        scores=matches.scores[found],
        rank=matches.rank[found],
        verdict=matches.verdict[:, :, found],
        partner=matches.partner[found],
        truth_image=matches.truth_image[true],
        truth_label=matches.truth_label[true],
        truth_ignored=matches.truth_ignored[:, true],
    )


def _ranked(found: Found, classes: int, count_max: int) -> tuple[Indexes, Indexes]:
    """Places of the found boxes by image, class and score, without those past `count_max`, and their ranks there."""
    group = found.image * classes + found.label
    order = np.lexsort((-found.scores, group))
    ascending = group[order]
    rank = np.arange(len(order)) - np.searchsorted(ascending, ascending)
    kept = rank < count_max
    return order[kept], rank[kept]


def _outside(area: Floats) -> Marks:
    """(4, n): whether boxes are outside each size range."""
    return np.stack([(area < low) | (area > high) for low, high in AREA_RANGES])


def _decide_all(made: Matches, truths: Truths, found: Found, by_group: Indexes, places: Indexes) -> None:
    """Write all verdicts; `by_group` orders the found boxes by image and class, `places` says where `made` has them."""
    here = Side(found.image[by_group] * made.classes + found.label[by_group], found.boxes[by_group])
    there = Side(truths.image * made.classes + truths.label, truths.boxes)
    many = truths.crowd | truths.ignore
    for portion in pairs(here, there, truths.crowd, float(made.ious.min())):
        _decide(made, portion, places, many)


def _decide(made: Matches, near: Pairs, places: Indexes, many: Marks) -> None:
    """Match the boxes of some groups, and write the verdicts on the found ones at their places."""
    order = np.lexsort((-near.truth, -near.iou, near.found))
    found, truth, iou = near.found[order], near.truth[order], near.iou[order]
    names, local = np.unique(truth, return_inverse=True)
    for size, ignored in enumerate(made.truth_ignored):
        # what counts is wished for before what does not
        wishes = np.argsort(found * 2 + ignored[truth], kind="stable")
        for level, threshold in enumerate(made.ious):
            wished = wishes[iou[wishes] >= min(threshold, NEARLY_ONE)]
            pair = wished[chosen(found[wished], local[wished], many[names])]
            taken = places[found[pair]]
            made.verdict[level, size, taken] = np.where(ignored[truth[pair]], IGNORED, RIGHT)
            if size == 0 and level == made.task:
                made.partner[taken] = truth[pair]
