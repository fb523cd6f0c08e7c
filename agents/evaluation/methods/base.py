"""What decoding takes and gives, and the few formulas that several methods share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.probabilities import softmax
from agents.sandbox.inside import Refused
from schemas.specs.parts import ArgValue

Array = NDArray[Any]
Floats = NDArray[np.float32]
Indexes = NDArray[np.int64]

KEPT_MAX = 16
"""For how many networks anchors and points are kept: they are the same for every image."""


class Head(NamedTuple):
    """What an image's outputs are decoded with: settled arguments, names of the outputs, the input's size in pixels."""

    args: Mapping[str, ArgValue]
    symbols: tuple[str, ...]
    width: int
    height: int

    @property
    def sides(self) -> Floats:
        """What a box of parts of the input is multiplied with to be in pixels."""
        return np.array((self.width, self.height) * 2, np.float32)

    def number(self, name: str) -> float:
        """A scalar argument."""
        return float(self.args[name])  # type: ignore[arg-type]  # kinds were checked with the template

    def numbers(self, name: str) -> Floats:
        """A vector argument."""
        return np.array(self.args[name], np.float32)


class Candidates(NamedTuple):
    """Possible detections: boxes (n, 4), left, top, right, bottom in the input's pixels; scores (n,); classes (n,)."""

    boxes: Floats
    scores: Floats
    classes: Indexes


Answer = Candidates | list[Floats] | str
"""What decoding gives, by family: candidates, one array of probabilities a task, or a text."""
Decode = Callable[[Sequence[Array], Head], Any]


def sigmoid(values: Array) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(values.astype(np.float32)))
    result: Floats = (np.where(values >= 0, 1, small) / (1 + small)).astype(np.float32)
    return result


def activated(values: Array, how: str) -> Floats:
    """Scores (n, classes) from a network's numbers by the argument `activation`."""
    if how == "sigmoid":
        return sigmoid(values)
    if how == "softmax":
        return softmax(values)
    return values.astype(np.float32)


def corners(boxes: Array) -> Floats:
    """Boxes (n, 4) of centre and size as left, top, right, bottom."""
    centres, halves = boxes[:, :2], boxes[:, 2:] / 2
    return np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)


class Grid(NamedTuple):
    """The cells of a level."""

    stride: int
    width: int
    height: int

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.width * self.height


def grids(head: Head) -> tuple[Grid, ...]:
    """The levels of the argument `strides`."""
    strides = head.numbers("strides").astype(int).tolist()
    return tuple(Grid(stride, -(-head.width // stride), -(-head.height // stride)) for stride in strides)


@lru_cache(maxsize=KEPT_MAX)
def cells(grid: Grid) -> Floats:
    """Column and row (height * width, 2) of every cell, row by row; made once."""
    rows, columns = np.mgrid[: grid.height, : grid.width]
    return np.stack([columns, rows], axis=-1).reshape(-1, 2).astype(np.float32)


def expect(found: object, wanted: object) -> None:
    """The network has every anchor, cell or level that the arguments make.

    Raises:
        Refused: `anchors_do_not_match`.
    """
    if found != wanted:
        raise Refused("anchors_do_not_match", found=found, wanted=wanted)


def level_grids(levels: Sequence[Array], head: Head) -> tuple[Grid, ...]:
    """The levels of the argument `strides`, for arrays whose axes 1 and 2 are the rows and columns of one each.

    Raises:
        Refused: `anchors_do_not_match`: the arrays have other sizes, or another order.
    """
    wanted = grids(head)
    expect(len(levels), len(wanted))
    for level, grid in zip(levels, wanted, strict=True):
        expect(f"{level.shape[2]}x{level.shape[1]}", f"{grid.width}x{grid.height}")
    return wanted


def finite(scores: Array) -> Array:
    """The scores, which a threshold could not be held against otherwise.

    Raises:
        Refused: `scores_not_finite`.
    """
    if not np.isfinite(scores).all():
        raise Refused("scores_not_finite")
    return scores


def scored(boxes: Array, scores: Array, head: Head) -> Candidates:
    """Candidates above the threshold from boxes (n, 4) and scores (n, classes).

    With the argument `multi_label` 1 a box counts for each of its classes, else for its best one.

    Raises:
        Refused: `scores_not_finite`.
    """
    finite(scores)
    threshold = head.number("score_threshold")
    if head.args.get("multi_label"):
        rows, classes = np.nonzero(scores > threshold)
    else:
        best = scores.argmax(axis=1)
        rows = np.flatnonzero(scores[np.arange(len(scores)), best] > threshold)
        classes = best[rows]
    return Candidates(
        boxes[rows].astype(np.float32), scores[rows, classes].astype(np.float32), classes.astype(np.int64)
    )
