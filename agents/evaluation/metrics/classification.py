"""Classes said against true ones: top-k, precision, recall, F1, confusion. Pure numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.metrics.boxes import Indexes, Marks
from schemas.reports import ClassScore

TOP_MAX = 5

Scores = NDArray[np.float32]


class TaskScores(NamedTuple):
    """One task's figures over all scored images; see `schemas.reports.TaskReport` for what they mean."""

    images: int
    top1: float
    top5: float | None
    macro_precision: float
    macro_recall: float
    macro_f1: float
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, int, int], ...]


def top(scores: Scores, count: int) -> Indexes:
    """Indexes (images, min(count, classes)) of the largest scores, best first; of equal ones the lower index first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def marks(labels: Indexes, ranked: Indexes, count: int) -> dict[str, Marks]:
    """Whether each image's label is the first guess (`top1`) and among the first five (`top5`, from five classes on).

    Args:
        labels: (images,) true class indexes.
        ranked: (images, k) predicted class indexes, best first.
        count: how many classes there are.
    """
    first = {"top1": ranked[:, 0] == labels}
    return first if count < TOP_MAX else {**first, "top5": np.any(ranked[:, :TOP_MAX] == labels[:, None], axis=1)}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _class_score(name: str, hits: int, predicted: int, support: int) -> ClassScore:
    return ClassScore(
        name=name,
        support=support,
        predicted=predicted,
        precision=_ratio(hits, predicted),
        recall=_ratio(hits, support),
        f1=2 * hits / (predicted + support) if support else None,
    )


def score(labels: Indexes, ranked: Indexes, classes: tuple[str, ...]) -> TaskScores:
    """The figures of one task.

    Args:
        labels: (images,) true class indexes.
        ranked: (images, k) predicted class indexes, best first.
        classes: the class names by index.

    Raises:
        ValueError: there is no image.
    """
    images, count = len(labels), len(classes)
    if not images:
        raise ValueError("a task without images has no accuracy: refuse it before scoring")
    predicted, right = ranked[:, 0], marks(labels, ranked, count)
    cells, amounts = np.unique(labels * count + predicted, return_counts=True)
    hits = np.bincount(labels[labels == predicted], minlength=count)
    support = np.bincount(labels, minlength=count)
    guesses = np.bincount(predicted, minlength=count)
    rows = tuple(
        _class_score(name, int(hits[index]), int(guesses[index]), int(support[index]))
        for index, name in enumerate(classes)
    )
    present = [row for row in rows if row.support]
    return TaskScores(
        images=images,
        top1=float(np.mean(right["top1"])),
        top5=float(np.mean(right["top5"])) if "top5" in right else None,
        macro_precision=float(np.mean([row.precision or 0.0 for row in present])),
        macro_recall=float(np.mean([row.recall or 0.0 for row in present])),
        macro_f1=float(np.mean([row.f1 or 0.0 for row in present])),
        classes=rows,
        confusion=tuple(
            (int(cell // count), int(cell % count), int(amount)) for cell, amount in zip(cells, amounts, strict=True)
        ),
    )
