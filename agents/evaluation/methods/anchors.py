"""Methods whose networks answer for anchors of several levels: SSD and RetinaNet, which differ by their arguments."""

from __future__ import annotations

import math
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
    activated,
    cells,
    corners,
    expect,
    grids,
    scored,
)

EXPONENT_MAX = math.log(1000 / 16)
"""Sizes are at most this power of e times the anchor's, as in Detectron."""


def _counts(head: Head, levels: int) -> tuple[int, ...]:
    """How many anchors a cell of each level has.

    Raises:
        Refused: `anchors_do_not_match`: the arguments do not agree about how many there are.
    """
    pairs, given = len(head.numbers("anchors")) // 2, head.args.get("anchors_per_level")
    counts = tuple(int(each) for each in given) if isinstance(given, tuple) else (pairs // levels,) * levels
    expect(len(counts), levels)
    expect(sum(counts), pairs)
    return counts


@lru_cache(maxsize=KEPT_MAX)
def _anchors(levels: tuple[Grid, ...], counts: tuple[int, ...], pairs: tuple[float, ...], offset: float) -> Floats:
    """Centre and size (n, 4) in pixels of every anchor: level by level, row by row, cell by cell; made once."""
    found = []
    sizes = np.split(np.array(pairs, np.float32).reshape(-1, 2), np.cumsum(counts)[:-1])
    for grid, own in zip(levels, sizes, strict=True):
        centres = (cells(grid) + offset) * grid.stride
        found.append(np.concatenate([np.repeat(centres, len(own), axis=0), np.tile(own, (len(centres), 1))], axis=1))
    return np.concatenate(found).astype(np.float32)


def anchored(outputs: Sequence[Array], head: Head) -> Candidates:
    """Deltas (n, 4) and class numbers (n, classes; with softmax the background first).

    Source: Liu et al. 2016 (SSD), Lin et al. 2017 (RetinaNet): centre = anchor + delta x variance x size,
    size = anchor's x exp(delta x variance).

    Raises:
        Refused: `anchors_do_not_match`, `scores_not_finite`.
    """
    deltas, numbers = outputs
    levels = grids(head)
    counts = _counts(head, len(levels))
    expect(len(deltas), sum(grid.cells * count for grid, count in zip(levels, counts, strict=True)))
    own = _anchors(levels, counts, tuple(head.numbers("anchors").tolist()), head.number("offset"))
    moves = deltas * head.numbers("variances")
    centres = own[:, :2] + moves[:, :2] * own[:, 2:]
    sizes = own[:, 2:] * np.exp(np.minimum(moves[:, 2:], EXPONENT_MAX))
    how = str(head.args["activation"])
    scores = activated(numbers, how)[:, 1 if how == "softmax" else 0 :]
    return scored(corners(np.concatenate([centres, sizes], axis=1)), scores, head)
