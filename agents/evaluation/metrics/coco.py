"""The twelve numbers of COCO's detection challenge, equal to pycocotools'. Pure numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.evaluation.metrics.boxes import AREA_RANGES, Floats
from agents.evaluation.metrics.curves import mean_defined, precision, recall
from agents.evaluation.metrics.matches import COCO_IOUS, Matches

_SMALL, _MEDIUM, _LARGE = 1, 2, 3


class CocoNumbers(NamedTuple):
    """In COCO's order: average precision over thresholds .50 to .95, at .50, at .75, of small, medium and large boxes;
    average recall with 1, 10 and 100 detections an image and class, of small, medium and large boxes. -1: undefined.
    """

    ap: float
    ap_50: float
    ap_75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar_1: float
    ar_10: float
    ar_100: float
    ar_small: float
    ar_medium: float
    ar_large: float


class Accumulated(NamedTuple):
    """pycocotools' tables: precision (10, 101, classes, 4) with the most detections, recall (10, classes, 4, 3)."""

    precision: Floats
    recall: Floats


def accumulate(matches: Matches) -> Accumulated:
    """Precision and recall at COCO's ten thresholds in all size ranges."""
    levels, sizes = range(len(COCO_IOUS)), range(len(AREA_RANGES))
    curves = np.array([[precision(matches, level, size) for size in sizes] for level in levels])
    recalls = np.array([[recall(matches, level, size) for size in sizes] for level in levels])
    return Accumulated(curves.transpose(0, 3, 2, 1), recalls.transpose(0, 2, 1, 3))


def coco_numbers(matches: Matches) -> CocoNumbers:
    """The twelve numbers; `matches` with the three `detections_max` that their names say."""
    curves, recalls = accumulate(matches)
    every = 0
    return CocoNumbers(
        ap=mean_defined(curves[..., every]),
        ap_50=mean_defined(curves[0, ..., every]),
        ap_75=mean_defined(curves[5, ..., every]),
        ap_small=mean_defined(curves[..., _SMALL]),
        ap_medium=mean_defined(curves[..., _MEDIUM]),
        ap_large=mean_defined(curves[..., _LARGE]),
        ar_1=mean_defined(recalls[..., every, 0]),
        ar_10=mean_defined(recalls[..., every, 1]),
        ar_100=mean_defined(recalls[..., every, 2]),
        ar_small=mean_defined(recalls[..., _SMALL, 2]),
        ar_medium=mean_defined(recalls[..., _MEDIUM, 2]),
        ar_large=mean_defined(recalls[..., _LARGE, 2]),
    )
