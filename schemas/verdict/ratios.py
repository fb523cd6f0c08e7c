"""Intervals of ratios (recall, precision, error rates) and of their differences, by linearisation over the images.

Objects of one image are found or missed together, so the image is the unit: a ratio r = sum(part) / sum(whole) moves
with image i by (part_i - r * whole_i) / sum(whole), and the squares of these add up to its variance (Cochran, "Sampling
Techniques", 1977, 6.4; the sandwich estimator of surveys). All groups of images are done at once.

In 2,000 trials of simulated detectors on 10 to 1,000 images the intervals held the true recall and precision in
94.0-98.5 %, and the true difference in 94.2-97.0 % where the models differ in 5 objects or more, in 98-100 % where
they differ in fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.verdict.intervals import Bounds, Floats, student, wilson
from schemas.verdict.kinds import Marks, Ratio
from schemas.verdict.replicates import Bits

BLOCK_IMAGES = 8192
"""Bits become cells this many images at a time."""
BLOCK_MARKS = 1 << 20
"""Marks (a group has a cell or not) that are numbers at a time: slices times images may be tens of millions."""
CELLS_KEPT = 2


class Cells(NamedTuple):
    """Images that are in the same groups are one cell: most tests of a dataset have the same few.

    of: (images,) the cell of each. bits: (cells, ceil(groups / 8)) a bit a group, whether it has the cell.
    """

    of: NDArray[np.intp]
    bits: Bits
    groups: int

    def summed(self, columns: Sequence[Floats | Marks]) -> Floats:
        """(groups, columns): the sum of each column, (images,), over the images of each group."""
        each = np.stack([np.bincount(self.of, column, len(self.bits)) for column in columns], axis=1)
        sums = np.zeros((self.groups, len(columns)))
        size = max(1, BLOCK_MARKS // max(1, self.groups))
        for start in range(0, len(each), size):
            marks = np.unpackbits(self.bits[start : start + size], axis=1, count=self.groups)
            sums += marks.T.astype(np.float64) @ each[start : start + size]
        return sums


class Moments(NamedTuple):
    """Sums over each group: of the columns, (groups, c), of their products, (groups, c, c), and counted images."""

    sums: Floats
    products: Floats
    images: Floats


@lru_cache(maxsize=CELLS_KEPT)
def _cells(bits: bytes, rows: int, images: int) -> Cells:
    """The cells that these rows of bits make."""
    if not images:
        return Cells(np.empty(0, np.intp), np.empty((0, -(-rows // 8)), np.uint8), rows)
    packed = np.frombuffer(bits, np.uint8).reshape(rows, -1)
    blocks = [
        np.packbits(np.unpackbits(packed[:, start // 8 : (start + BLOCK_IMAGES) // 8], axis=1), axis=0).T
        for start in range(0, images, BLOCK_IMAGES)
    ]
    names, of = np.unique(np.concatenate(blocks)[:images], axis=0, return_inverse=True)
    return Cells(of.ravel(), names, rows)


def moments(columns: Sequence[Floats], counts: Marks, bits: Bits) -> Moments:
    """Moments of the columns, each (images,), over the groups that `bits` (groups, ceil(images / 8)) mark.

    Args:
        counts: (images,) which of them count.
    """
    width, images = len(columns), len(counts)
    pairs = [(row, other) for row in range(width) for other in range(row, width)]
    sums = _cells(bits.tobytes(), len(bits), images).summed(
        [*columns, *(columns[row] * columns[other] for row, other in pairs), counts]
    )
    products = np.empty((len(bits), width, width))
    for place, (row, other) in enumerate(pairs, width):
        products[:, row, other] = products[:, other, row] = sums[:, place]
    return Moments(sums[:, :width], products, sums[:, -1])


def ratio_bounds(ratio: Ratio, bits: Bits) -> tuple[Floats, Bounds]:
    """Each group's ratio and the interval around it; NaN where the whole is empty.

    Wilson's interval with the effective number of objects and Student's quantile (Dean and Pagano, 2015); where no
    image differs from another, each image is one object. A ratio over 1 (error rates may be) has the plain t interval.
    """
    part, whole = ratio.part.astype(np.float64), ratio.whole.astype(np.float64)
    found = moments((part, whole), whole > 0, bits)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = found.sums[:, 0] / found.sums[:, 1]
        slopes = np.stack((np.ones_like(value), -value), axis=1) / found.sums[:, 1:2]
        variance = _variance(slopes, found)
        quantile = student(found.images - 1)
        effective = np.where(variance > 0, value * (1 - value) / variance, found.images)
        effective = np.minimum(np.where(effective > 0, effective, found.images), found.sums[:, 1])
        low, high = wilson(value, effective, quantile)
        half = quantile * np.sqrt(variance)
    over = value > 1
    return value, Bounds(np.where(over, value - half, low), np.where(over, value + half, high))


def difference_bounds(test: Ratio, base: Ratio, bits: Bits) -> tuple[Floats, Bounds]:
    """Each group's difference (test minus base) and the interval around it; NaN where a whole is empty.

    Student's t, with the variance of two images more: one object won in one and lost in the other. Where hardly an
    image differs the variance alone would be too small; for pairs of single answers this is Bonett and Price's interval
    (2012).
    """
    ours, theirs = ([each.astype(np.float64) for each in ratio] for ratio in (test, base))
    # columns of differences: between two tests that hardly differ nothing cancels
    columns = (ours[0] - theirs[0], ours[1] - theirs[1], *theirs)
    found = moments(columns, (ours[1] > 0) | (theirs[1] > 0), bits)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole, base_whole = found.sums[:, 1] + found.sums[:, 3], found.sums[:, 3]
        base_value = found.sums[:, 2] / base_whole
        value = (found.sums[:, 0] + found.sums[:, 2]) / whole
        slopes = np.stack(
            (1 / whole, -value / whole, 1 / whole - 1 / base_whole, base_value / base_whole - value / whole), axis=1
        )
        variance = _variance(slopes, found) + 2 / np.minimum(whole, base_whole) ** 2
        half = student(found.images - 1) * np.sqrt(variance)
    difference = value - base_value
    # two shares differ by 1 at most, two error rates may differ by more
    most = np.where((value <= 1) & (base_value <= 1), 1.0, np.inf)
    return difference, Bounds(np.maximum(difference - half, -most), np.minimum(difference + half, most))


def _variance(slopes: Floats, found: Moments) -> Floats:
    """(groups,): the squares of what each image moves, summed; from two images on, without bias."""
    squares = np.einsum("gi,gij,gj->g", slopes, found.products, slopes)
    variance: Floats = np.maximum(squares, 0) * found.images / np.maximum(found.images - 1, 1)
    return variance
