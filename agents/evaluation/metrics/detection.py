"""All figures of a detector in one go, and those of a slice. Pure numpy."""

from __future__ import annotations

from typing import NamedTuple

from agents.evaluation.metrics.boxes import AREA_NAMES, Found, Marks, Truths
from agents.evaluation.metrics.coco import CocoNumbers, coco_numbers
from agents.evaluation.metrics.confusion import Cells, confusion
from agents.evaluation.metrics.curves import Curve, average_precision, curves, mean_defined, objects
from agents.evaluation.metrics.matches import Matches, subset
from agents.evaluation.metrics.operating import Operating, best, best_by_class, class_counts


class ClassFigures(NamedTuple):
    """One class at the test's IoU threshold; what is undefined is -1.

    objects: true boxes that count, of all sizes, small, medium and large; ap: average precision of the same.
    found, precision, recall, f1: at the threshold that is best for all classes together. best: at its own.
    """

    objects: tuple[int, ...]
    ap: tuple[float, ...]
    found: int
    precision: float
    recall: float
    f1: float
    best: Operating
    curve: Curve


class DetectionFigures(NamedTuple):
    """A detector's figures; what is undefined is -1.

    ap: the mean over the classes with objects at the test's IoU threshold; by_size: the same of all sizes, small,
    medium and large. operating: the threshold that is best for all classes together. objects, found: boxes that count,
    there and found at that threshold.
    """

    ap: float
    by_size: tuple[float, ...]
    coco: CocoNumbers
    operating: Operating
    objects: int
    found: int
    classes: tuple[ClassFigures, ...]
    confusion: Cells


class SliceFigures(NamedTuple):
    """The figures of some of the images: `ap` as in the whole; precision, recall and F1 at the whole's threshold."""

    images: int
    objects: int
    ap: float
    precision: float
    recall: float
    f1: float


def score(matches: Matches, truths: Truths, found: Found) -> DetectionFigures:
    """The figures of all images; `truths` and `found` are what was matched."""
    sizes = range(len(AREA_NAMES))
    at_best = best(matches)
    counts = class_counts(matches, at_best.threshold)
    averages = [average_precision(matches, size=size) for size in sizes]
    columns = (
        zip(*(objects(matches, size).tolist() for size in sizes), strict=True),
        zip(*(each.tolist() for each in averages), strict=True),
        counts.found.tolist(),
        counts.precision().tolist(),
        counts.recall().tolist(),
        counts.f1().tolist(),
        best_by_class(matches),
        curves(matches),
    )
    return DetectionFigures(
        ap=mean_defined(averages[0]),
        by_size=tuple(mean_defined(each) for each in averages),
        coco=coco_numbers(matches),
        operating=at_best,
        objects=int(counts.objects.sum()),
        found=int(counts.found.sum()),
        classes=tuple(ClassFigures(*row) for row in zip(*columns, strict=True)),
        confusion=confusion(matches, truths, found, at_best.threshold),
    )


def score_slice(matches: Matches, images: Marks, threshold: float) -> SliceFigures:
    """The figures of some images.

    Args:
        matches: of all images.
        images: (images,) which ones.
        threshold: the whole's.
    """
    part = subset(matches, images)
    counts = class_counts(part, threshold).total()
    ap = mean_defined(average_precision(part))
    figures = (float(each[0]) for each in (counts.precision(), counts.recall(), counts.f1()))
    return SliceFigures(int(images.sum()), int(counts.objects[0]), ap, *figures)
