"""Methods whose networks answer for every cell of one or more grids: YOLO v5 and v8, FCOS, FastestDet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from agents.evaluation.methods.base import (
    KEPT_MAX,
    Array,
    Candidates,
    Floats,
    Grid,
    Head,
    cells,
    corners,
    expect,
    finite,
    grids,
    level_grids,
    scored,
    sigmoid,
)
from agents.evaluation.probabilities import softmax


def yolo_v5(outputs: Sequence[Array], head: Head) -> Candidates:
    """Rows (n, 5 + classes): centre and size in pixels, objectness, classes; or raw levels (anchors, h, w, rows).

    Source: the detection head of YOLOv5 from version 4 on; score = objectness x class.
    """
    rows = outputs[0] if outputs[0].ndim == 2 else _v5_rows(outputs, head)
    return scored(corners(rows[:, :4]), rows[:, 4:5] * rows[:, 5:], head)


def _v5_rows(levels: Sequence[Array], head: Head) -> Floats:
    anchors = head.numbers("anchors").reshape(-1, 2)
    expect(sum(len(level) for level in levels), len(anchors))
    sizes_of = np.split(anchors, np.cumsum([len(level) for level in levels])[:-1])
    rows = []
    for level, grid, own in zip(levels, level_grids(levels, head), sizes_of, strict=True):
        numbers = sigmoid(level).reshape(len(level), grid.cells, -1)
        centres = (numbers[:, :, :2] * 2 - 0.5 + cells(grid)) * grid.stride
        sizes = (numbers[:, :, 2:4] * 2) ** 2 * own[:, None]
        rows.append(np.concatenate([centres, sizes, numbers[:, :, 4:]], axis=2).reshape(-1, level.shape[-1]))
    return np.concatenate(rows).astype(np.float32)


def yolo_v8(outputs: Sequence[Array], head: Head) -> Candidates:
    """Columns (4 + classes, n) or rows (n, 4 + classes): centre and size in pixels, classes; or raw levels
    (4 x bins + classes, h, w), where a side's distance is the mean of its bins' softmax, in strides; one bin is the
    distance itself.

    Source: the detection head of YOLOv8 and its followers (distribution focal loss, and those that do without).
    """
    layout = head.args["layout"]
    if layout == "levels":
        return _v8_levels(outputs, head)
    rows = outputs[0].T if layout == "columns" else outputs[0]
    return scored(corners(rows[:, :4]), rows[:, 4:], head)


def _v8_levels(levels: Sequence[Array], head: Head) -> Candidates:
    classes = len(head.symbols)
    boxes, scores = [], []
    for level, grid in zip(levels, level_grids(levels, head), strict=True):
        rows = level.reshape(len(level), -1).T
        distances = _distances(rows[:, :-classes].reshape(len(rows), 4, -1))
        boxes.append(_around(cells(grid) + 0.5, distances) * grid.stride)
        scores.append(sigmoid(rows[:, -classes:]))
    return scored(np.concatenate(boxes), np.concatenate(scores), head)


def _distances(bins: Array) -> Floats:
    """Distances (n, 4) of bins (n, 4, bins); the only bin of a side is its distance."""
    count = bins.shape[2]
    if count == 1:
        return bins[:, :, 0]
    means: Floats = (softmax(bins) @ np.arange(count)).astype(np.float32)
    return means


def _around(points: Array, distances: Array) -> Floats:
    """Boxes from points (n, 2) and their distances (n, 4) to left, top, right, bottom."""
    return np.concatenate([points - distances[:, :2], points + distances[:, 2:]], axis=1).astype(np.float32)


def fcos(outputs: Sequence[Array], head: Head) -> Candidates:
    """Class logits (n, classes), distances (n, 4) and centre-ness logits (n, 1), level by level, row by row.

    Source: Tian et al. 2019; score = sqrt(sigmoid(class) x sigmoid(centre-ness)), as its later versions have it.
    """
    logits, distances, centreness = outputs
    levels = grids(head)
    expect(len(logits), sum(grid.cells for grid in levels))
    points, strides = _points(levels, head.number("offset"))
    if head.args["distance_units"] == "strides":
        distances = distances * strides
    return scored(_around(points, distances), np.sqrt(sigmoid(logits) * sigmoid(centreness)), head)


@lru_cache(maxsize=KEPT_MAX)
def _points(levels: tuple[Grid, ...], offset: float) -> tuple[Floats, Floats]:
    """Points (n, 2) in pixels, level by level, row by row, and the strides (n, 1) of their levels; made once."""
    points = np.concatenate([(cells(grid) + offset) * grid.stride for grid in levels]).astype(np.float32)
    strides = np.repeat([grid.stride for grid in levels], [grid.cells for grid in levels])
    return points, strides[:, None].astype(np.float32)


def fastestdet(outputs: Sequence[Array], head: Head) -> Candidates:
    """One grid (5 + classes, h, w): objectness, four box numbers, class probabilities.

    Source: FastestDet's decoding: centre = (tanh + cell) / grid, size = sigmoid, as parts of the input;
    score = objectness ^ 0.6 x class ^ 0.4 (the argument `score_powers`).
    """
    _, height, width = outputs[0].shape
    rows = outputs[0].reshape(outputs[0].shape[0], -1).T
    centres = (np.tanh(rows[:, 1:3]) + cells(Grid(1, width, height))) / (width, height)
    boxes = corners(np.concatenate([centres, sigmoid(rows[:, 3:5])], axis=1) * head.sides)
    first, second = head.numbers("score_powers")
    if head.args.get("multi_label"):
        return scored(boxes, rows[:, :1] ** first * rows[:, 5:] ** second, head)
    # powers are dear, and keep the order: the best class is found without them
    best = rows[:, 5:].argmax(axis=1)
    scores = finite(rows[:, 0] ** first * rows[np.arange(len(rows)), 5 + best] ** second)
    chosen = np.flatnonzero(scores > head.number("score_threshold"))
    return Candidates(boxes[chosen], scores[chosen].astype(np.float32), best[chosen])
