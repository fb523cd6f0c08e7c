"""Methods whose networks answer for anchors of several levels: SSD and RetinaNet, which differ by their arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from agents.evaluation.methods.base import (
    Array,
    Candidates,
    Floats,
    Head,
    activated,
    cells,
    corners,
    expect_rows,
    grid_sizes,
    scored,
)

EXPONENT_MAX = math.log(1000 / 16)
"""Sizes are at most this power of e times the anchor's, as in Detectron."""


def anchors(head: Head) -> Floats:
    """Centre and size (n, 4) in pixels of every anchor: level by level, row by row, cell by cell.

    Raises:
        Refused: `anchors_do_not_match`: the arguments do not agree about how many there are.
    """
    sizes, pairs = grid_sizes(head), head.numbers("anchors").reshape(-1, 2)
    given = head.args.get("anchors_per_level")
    counts = [int(each) for each in given] if isinstance(given, tuple) else [len(pairs) // len(sizes)] * len(sizes)
    expect_rows(len(counts), len(sizes))
    expect_rows(sum(counts), len(pairs))
    offset, start, found = head.number("offset"), 0, []
    for (stride, width, height), count in zip(sizes, counts, strict=True):
        own = pairs[start : start + count]
        start += count
        centres = (cells(width, height) + offset) * stride
        found.append(np.concatenate([np.repeat(centres, count, axis=0), np.tile(own, (len(centres), 1))], axis=1))
    return np.concatenate(found).astype(np.float32)


def anchored(outputs: Sequence[Array], head: Head) -> Candidates:
    """Deltas (n, 4) and class numbers (n, classes; with softmax the background first).

    Source: Liu et al. 2016 (SSD), Lin et al. 2017 (RetinaNet): centre = anchor + delta x variance x size,
    size = anchor's x exp(delta x variance).
    """
    deltas, numbers = outputs
    own = anchors(head)
    expect_rows(len(deltas), len(own))
    moves = deltas * head.numbers("variances")
    centres = own[:, :2] + moves[:, :2] * own[:, 2:]
    sizes = own[:, 2:] * np.exp(np.minimum(moves[:, 2:], EXPONENT_MAX))
    how = str(head.args["activation"])
    scores = activated(numbers, how)[:, 1 if how == "softmax" else 0 :]
    return scored(corners(np.concatenate([centres, sizes], axis=1)), scores, head)
