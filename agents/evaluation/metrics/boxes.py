"""Boxes as flat arrays, true ones and found ones, and how large they count. Pure numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.sandbox.inside import Refused, listed
from schemas.specs.testing import SizePolicy

Floats = NDArray[np.float64]
Indexes = NDArray[np.int64]
Marks = NDArray[np.bool_]

AREA_NAMES = ("all", "small", "medium", "large")
AREA_RANGES = ((0.0, 1e10), (0.0, 32.0**2), (32.0**2, 96.0**2), (96.0**2, 1e10))
"""COCO's, in square pixels; both ends belong to a range, so a box of exactly 32 x 32 is small and medium."""
OLD_SIZE = (1920.0, 1080.0)
"""What the old system took every image's width and height for, in pixels."""


class Truths(NamedTuple):
    """The boxes that are there, in any order of the images; within an image and class the order decides ties.

    image, label: (n,) indexes. boxes: (n, 4) x, y, width, height in pixels, float64. area: (n,) as `areas` has it.
    crowd: (n,) COCO's: stands for many objects, so a detection shares with it as much of *itself* as lies inside, any
    number of detections may; it is neither found nor missed. ignore: (n,) VOC's difficult: neither found nor missed
    either, and however many detections answer it, they are neither right nor wrong.
    """

    image: Indexes
    label: Indexes
    boxes: Floats
    area: Floats
    crowd: Marks
    ignore: Marks


class Found(NamedTuple):
    """The boxes that the model said, in any order; of equal scores in an image and class the first one counts first.

    image, label: (n,) indexes. boxes: (n, 4) x, y, width, height in pixels, float64. scores: (n,). area: (n,).
    """

    image: Indexes
    label: Indexes
    boxes: Floats
    scores: Floats
    area: Floats


def areas(boxes: Floats, policy: SizePolicy, sizes: Floats, own: Floats | None = None) -> Floats:
    """How large boxes count for small, medium and large: (n,) square pixels. Boxes themselves are never resized.

    Args:
        boxes: (n, 4) x, y, width, height in pixels of the image.
        policy: `true` takes the pixels as they are, `1920x1080` as if every image were of that size.
        sizes: (n, 2) width and height of the image that each box lies in.
        own: (n,) areas that annotations bring (COCO: of the outline), NaN where there is none; None: none at all.
    """
    found: Floats = boxes[:, 2] * boxes[:, 3]
    if own is not None:
        found = np.where(np.isnan(own), found, own)
    if policy == "true":
        return found
    # the scale first: multiplied in another order, areas on the very edge of a range would round to its other side
    scaled: Floats = found * ((OLD_SIZE[0] / sizes[:, 0]) * (OLD_SIZE[1] / sizes[:, 1]))
    return scaled


def check(truths: Truths, found: Found, images: int, classes: int) -> None:
    """Nothing is scored that belongs to no known image or class, or is no number.

    Raises:
        Refused: `detections_of_unknown_image`, `detections_of_unknown_class`, `detections_not_finite`.
        ValueError: the true boxes are like that: whoever read them should have dropped them.
    """
    if unknown := _outside(found.image, images):
        raise Refused("detections_of_unknown_image", unknown=unknown, images=images)
    if unknown := _outside(found.label, classes):
        raise Refused("detections_of_unknown_class", unknown=unknown, classes=classes)
    if broken := _broken(found.boxes, found.scores, found.area):
        raise Refused("detections_not_finite", broken=broken, detections=len(found.image))
    if _outside(truths.image, images) or _outside(truths.label, classes) or _broken(truths.boxes, truths.area):
        raise ValueError("true boxes of unknown images or classes, or with coordinates that are no numbers")


def _outside(indexes: Indexes, count: int) -> str:
    """The indexes that are not in 0 .. count-1, as text; empty where there is none."""
    return listed([str(each) for each in np.unique(indexes[(indexes < 0) | (indexes >= count)])])


def _broken(boxes: Floats, *columns: Floats) -> int:
    """How many rows have something that is not finite."""
    sound = np.isfinite(boxes).all(axis=1)
    for column in columns:
        sound &= np.isfinite(column)
    return int(np.count_nonzero(~sound))
