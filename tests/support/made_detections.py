"""Large sets of true and found boxes, made up: like COCO's, and dense ones."""

from __future__ import annotations

import numpy as np
from coco_peer import CocoSet

from agents.evaluation.metrics.boxes import Floats, Found, Indexes, Truths

WIDTH, HEIGHT = 640.0, 480.0
SEED = 20260101


def coco_like(images: int, boxes: int, classes: int, found_max: int) -> tuple[Truths, Found]:
    """Few classes are frequent, boxes of all sizes, 1 % crowds; for most true boxes several detections of falling
    likeness, some of a wrong class, the rest anywhere; at most `found_max` an image, half as many in the mean."""
    rng = np.random.default_rng(SEED)
    frequency = 1 / np.arange(1, classes + 1)
    image = np.sort(rng.integers(0, images, boxes))
    label = rng.choice(classes, boxes, p=frequency / frequency.sum())
    # an image has objects of a few classes: most boxes repeat the class of the one before them
    same = (np.diff(image, prepend=-1) == 0) & (rng.random(boxes) < 0.6)
    for place in np.flatnonzero(same):
        label[place] = label[place - 1]
    size = np.exp(rng.normal(4.0, 1.1, (boxes, 1)) + rng.normal(0, 0.35, (boxes, 2))).clip(4, [WIDTH, HEIGHT])
    corner = rng.random((boxes, 2)) * ([WIDTH, HEIGHT] - size)
    crowd = rng.random(boxes) < 0.01
    truths = _truths(image, label, np.hstack([corner, size]), crowd)
    return truths, _answers(rng, truths, images, classes, found_max)


def _answers(rng: np.random.Generator, truths: Truths, images: int, classes: int, found_max: int) -> Found:
    copies = rng.integers(0, 7, len(truths.image))
    near = np.repeat(np.arange(len(copies)), copies)
    spread = np.abs(rng.normal(0, 0.15, len(near)))
    boxes = _moved(rng, truths.boxes[near], spread[:, None])
    label = np.where(rng.random(len(near)) < 0.85, truths.label[near], rng.integers(0, classes, len(near)))
    likely = np.exp(-3 * spread) * rng.random(len(near)) ** 0.3
    image = truths.image[near]
    rest = np.maximum(rng.integers(0, found_max + 1, images) - np.bincount(image, minlength=images), 0)
    elsewhere = np.repeat(np.arange(images), rest)
    count = len(elsewhere)
    size = np.exp(rng.normal(4.0, 1.0, (count, 2))).clip(4, [WIDTH, HEIGHT])
    corner = rng.random((count, 2)) * ([WIDTH, HEIGHT] - size)
    # a detector's poor guesses are mostly of classes that the image has
    some = np.searchsorted(truths.image, elsewhere) + rng.integers(0, 5, count)
    guess = truths.label[np.minimum(some, len(truths.image) - 1)]
    guess = np.where(rng.random(count) < 0.5, guess, rng.integers(0, classes, count))
    return _kept(
        np.concatenate([image, elsewhere]),
        np.concatenate([label, guess]),
        np.concatenate([boxes, np.hstack([corner, size])]),
        np.concatenate([likely, rng.random(count) * 0.3]).round(4),
        found_max,
    )


def _kept(image: Indexes, label: Indexes, boxes: Floats, scores: Floats, found_max: int) -> Found:
    """The best of each image."""
    order = np.lexsort((-scores, image))
    ascending = image[order]
    kept = order[np.arange(len(order)) - np.searchsorted(ascending, ascending) < found_max]
    return Found(image[kept], label[kept], boxes[kept], scores[kept], boxes[kept, 2] * boxes[kept, 3])


def crowded(images: int, boxes: int) -> tuple[Truths, Found]:
    """One class, small boxes close to each other, and as many detections: most of them near a true box."""
    rng = np.random.default_rng(SEED)
    count = images * boxes
    size = rng.uniform(8, 40, (count, 2))
    there = np.hstack([rng.random((count, 2)) * ([WIDTH, HEIGHT] - size), size])
    image, label = np.repeat(np.arange(images), boxes), np.zeros(count, np.int64)
    spread = np.abs(rng.normal(0, 0.12, count))
    here = _moved(rng, there, spread[:, None])
    scores = (np.exp(-3 * spread) * rng.random(count) ** 0.3).round(4)
    found = Found(image, label, here, scores, here[:, 2] * here[:, 3])
    return _truths(image, label, there, np.zeros(count, np.bool_)), found


def _moved(rng: np.random.Generator, boxes: Floats, spread: Floats) -> Floats:
    """Boxes shifted and stretched by a share of their size."""
    size = boxes[:, 2:] * np.exp(rng.normal(0, 1, (len(boxes), 2)) * spread)
    corner = boxes[:, :2] + boxes[:, 2:] * rng.normal(0, 1, (len(boxes), 2)) * spread
    return np.hstack([corner, size])


def _truths(image: Indexes, label: Indexes, boxes: Floats, crowd: np.ndarray) -> Truths:
    return Truths(image, label, boxes, boxes[:, 2] * boxes[:, 3], crowd, np.zeros(len(image), np.bool_))


def as_coco(pair: tuple[Truths, Found], images: int, classes: int) -> CocoSet:
    """The same as COCO's files; ids are the indexes plus one."""
    truths, found = pair
    rows = zip(truths.image + 1, truths.label + 1, truths.boxes.tolist(), truths.area, truths.crowd, strict=True)
    there = [
        {
            "id": place,
            "image_id": int(image),
            "category_id": int(label),
            "bbox": box,
            "area": area,
            "iscrowd": int(many),
        }
        for place, (image, label, box, area, many) in enumerate(rows, 1)
    ]
    guesses = zip(found.image + 1, found.label + 1, found.boxes.tolist(), found.scores.tolist(), strict=True)
    here = [
        {"image_id": int(image), "category_id": int(label), "bbox": box, "score": score}
        for image, label, box, score in guesses
    ]
    ids = ([{"id": each} for each in range(1, count + 1)] for count in (images, classes))
    return CocoSet({**dict(zip(("images", "categories"), ids, strict=True)), "annotations": there}, here)
