"""Results of tests as small columns that are easy to count by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas.results import ClassifiedPart, DetectedPart, DimensionPart, ReadPart, Results, packed


class Found(NamedTuple):
    """A found box: class, left edge (boxes are 10 wide and high), score, outcome."""

    label: int
    left: float
    score: float
    outcome: int


class Actual(NamedTuple):
    """A true box: class, left edge, outcome."""

    label: int
    left: float
    outcome: int


def sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def results(names: Sequence[str], *, digests: Sequence[bytes] = (), **parts: object) -> Results:
    """Results of these images; a file is what its name is, unless digests are given."""
    return Results(
        images=len(names),
        names=tuple(names),
        digests=b"".join(digests or map(sha, names)),
        sizes=packed([[64, 48]] * len(names), "<i4"),
        **parts,  # type: ignore[arg-type]
    )


def classified(
    labels: Sequence[int], said: Sequence[int], classes: Sequence[str], task: str = "class"
) -> ClassifiedPart:
    """What was said and the class after it as the second best; without labels nobody said them."""
    top = [[each, (each + 1) % len(classes)] for each in said]
    return ClassifiedPart(
        task=task,
        classes=tuple(classes),
        k=2,
        labels=packed(labels, "<i4") if labels else b"",
        top=packed(top, "<i4"),
        scores=packed([[0.75, 0.25]] * len(said), "<f4"),
    )


def boxed(
    found: Sequence[Sequence[Found]], truths: Sequence[Sequence[Actual]], classes: Sequence[str], task: str = "object"
) -> DetectedPart:
    """Boxes image by image."""
    flat, true = [box for each in found for box in each], [box for each in truths for box in each]
    return DetectedPart(
        task=task,
        classes=tuple(classes),
        iou_threshold=0.5,
        size_policy="true",
        threshold=0.5,
        counts=packed([len(each) for each in found], "<i4"),
        boxes=packed(np.array([[box.left, 5, box.left + 10, 15] for box in flat]).reshape(-1, 4), "<f4"),
        scores=packed([box.score for box in flat], "<f4"),
        labels=packed([box.label for box in flat], "<i4"),
        outcomes=packed([box.outcome for box in flat], "u1"),
        partners=packed([-1 for _ in flat], "<i4"),
        truth_counts=packed([len(each) for each in truths], "<i4"),
        truth_boxes=packed(np.array([[box.left, 5, box.left + 10, 15] for box in true]).reshape(-1, 4), "<f4"),
        truth_labels=packed([box.label for box in true], "<i4"),
        truth_outcomes=packed([box.outcome for box in true], "u1"),
    )


def read(texts: Sequence[str], truths: Sequence[str], task: str = "plate") -> ReadPart:
    return ReadPart(task=task, texts=tuple(texts), truths=tuple(truths))


def dimension(name: str, values: Sequence[str], each: Sequence[int]) -> DimensionPart:
    return DimensionPart(name=name, values=tuple(values), places=packed(each, "<i4"))
