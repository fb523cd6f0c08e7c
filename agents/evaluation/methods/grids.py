"""Methods whose networks answer for every cell of one or more grids: YOLO v5 and v8, FCOS, FastestDet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.evaluation.methods.base import (
    Array,
    Candidates,
    Floats,
    Head,
    cells,
    corners,
    expect_rows,
    grid_sizes,
    scored,
    sigmoid,
    softmax,
)


def yolo_v5(outputs: Sequence[Array], head: Head) -> Candidates:
    """Rows (n, 5 + classes): centre and size in pixels, objectness, classes; or raw levels (anchors, h, w, rows).

    Source: the detection head of YOLOv5 from version 4 on; score = objectness x class.
    """
    rows = outputs[0] if outputs[0].ndim == 2 else _v5_rows(outputs, head)
    return scored(corners(rows[:, :4]), rows[:, 4:5] * rows[:, 5:], head)


def _v5_rows(levels: Sequence[Array], head: Head) -> Floats:
    strides, anchors = head.numbers("strides"), head.numbers("anchors").reshape(-1, 2)
    expect_rows(len(levels), len(strides))
    expect_rows(sum(len(level) for level in levels), len(anchors))
    rows = []
    for number, level in enumerate(levels):
        count, height, width, _ = level.shape
        own = anchors[number * count : (number + 1) * count]
        numbers = sigmoid(level).reshape(count, height * width, -1)
        centres = (numbers[:, :, :2] * 2 - 0.5 + cells(width, height)) * strides[number]
        sizes = (numbers[:, :, 2:4] * 2) ** 2 * own[:, None]
        rows.append(np.concatenate([centres, sizes, numbers[:, :, 4:]], axis=2).reshape(-1, level.shape[-1]))
    return np.concatenate(rows).astype(np.float32)


def yolo_v8(outputs: Sequence[Array], head: Head) -> Candidates:
    """Columns (4 + classes, n) or rows (n, 4 + classes): centre and size in pixels, classes; or raw levels
    (4 x bins + classes, h, w), where a side's distance is the mean of its bins' softmax, in strides.

    Source: the detection head of YOLOv8 and its followers (distribution focal loss).
    """
    layout = head.args["layout"]
    if layout == "levels":
        return _v8_levels(outputs, head)
    rows = outputs[0].T if layout == "columns" else outputs[0]
    return scored(corners(rows[:, :4]), rows[:, 4:], head)


def _v8_levels(levels: Sequence[Array], head: Head) -> Candidates:
    strides, classes = head.numbers("strides"), len(head.symbols)
    expect_rows(len(levels), len(strides))
    boxes, scores = [], []
    for level, stride in zip(levels, strides, strict=True):
        channels, height, width = level.shape
        rows = level.reshape(channels, -1).T
        bins = rows[:, :-classes].reshape(len(rows), 4, -1)
        distances = softmax(bins) @ np.arange(bins.shape[2], dtype=np.float32)
        boxes.append(_around(cells(width, height) + 0.5, distances) * stride)
        scores.append(sigmoid(rows[:, -classes:]))
    return scored(np.concatenate(boxes), np.concatenate(scores), head)


def _around(points: Array, distances: Array) -> Floats:
    """Boxes from points (n, 2) and their distances (n, 4) to left, top, right, bottom."""
    return np.concatenate([points - distances[:, :2], points + distances[:, 2:]], axis=1).astype(np.float32)


def fcos(outputs: Sequence[Array], head: Head) -> Candidates:
    """Class logits (n, classes), distances (n, 4) and centre-ness logits (n, 1), level by level, row by row.

    Source: Tian et al. 2019; score = sqrt(sigmoid(class) x sigmoid(centre-ness)), as its later versions have it.
    """
    logits, distances, centreness = outputs
    sizes = grid_sizes(head)
    expect_rows(len(logits), sum(width * height for _, width, height in sizes))
    offset = head.number("offset")
    points = np.concatenate([(cells(width, height) + offset) * stride for stride, width, height in sizes])
    if head.args["distance_units"] == "strides":
        strides = np.repeat([size[0] for size in sizes], [width * height for _, width, height in sizes])
        distances = distances * strides[:, None]
    return scored(_around(points, distances), np.sqrt(sigmoid(logits) * sigmoid(centreness)), head)


def fastestdet(outputs: Sequence[Array], head: Head) -> Candidates:
    """One grid (5 + classes, h, w): objectness, four box numbers, class probabilities.

    Source: FastestDet's decoding: centre = (tanh + cell) / grid, size = sigmoid, as parts of the input;
    score = objectness ^ 0.6 x class ^ 0.4 (the argument `score_powers`).
    """
    _, height, width = outputs[0].shape
    rows = outputs[0].reshape(outputs[0].shape[0], -1).T
    centres = (np.tanh(rows[:, 1:3]) + cells(width, height)) / (width, height)
    boxes = np.concatenate([centres, sigmoid(rows[:, 3:5])], axis=1) * head.sides
    first, second = head.numbers("score_powers")
    return scored(corners(boxes), rows[:, :1] ** first * rows[:, 5:] ** second, head)
