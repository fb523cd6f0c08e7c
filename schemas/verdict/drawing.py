"""Intervals of figures that are drawn anew for every replicate of the images' weights, and of their differences.

Chosen by simulated detectors (tests/support/simulated_models.py) on sets of 50, 200 and 1,000 images, with 3, 20 and 80
classes, the second model another network, another training of the same, or the same with rounded weights: how often, in
250 to 1,000 trials of each, the interval held the true difference of mean AP.

    percentile                         82.5-97.2 %   short on 50 images of 80 classes and where models hardly differ
    basic                              76.4-97.8 %
    bias-corrected, BCa                77.6-94.4 %   the bias of the two models is the same already
    Student's t, replicates' spread    88.5-99.5 %   short with few objects a class
    Student's t, jackknife             94.6-100 %    mostly 97 to 100: too long
    expanded percentile                83.3-97.4 %
    the same and one object            92.4-97.7 %   98.5-100 where fewer than 5 boxes differ: taken

One mean AP alone has no unbiased interval: it is higher on few objects than on many (on 1,000 images of 80 classes by
0.024 than on 300,000), so that no method holds that of all images, and what is meant is the mean AP of other sets of
this size. That is held by percentiles in 84.8-94.8 %, by t in 86.8-96.4 %, by what both hold together, which is taken,
in 90.9-97.6 % of the trials. Where nearly all or nothing is found (20 images of one object, of which 2, 10, 90 or
98 % are found) both hold it in 31.7-87.2 % of 2,000 trials, with one object more in squares in 87.0-100 %, and never
shorter than Wilson's interval for as many answers, which is taken too, in 99.6-100 %.

What is taken, test_coverage.py counts again in 2,000 trials a cell: the true difference is held in 92.5-98.0 %, and in
99.9 % where one box of 50 images differs; one mean AP in 92.4-96.5 % (counted before Wilson's was taken too, which
makes no interval shorter).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from schemas.verdict.intervals import Bounds, Floats, student, wilson
from schemas.verdict.kinds import Drawn

_NO_UNIT = 1e-300
"""Where nothing is known of one object the figure has as good as infinitely many."""


def drawn_bounds(figures: Sequence[Drawn]) -> Bounds:
    """The interval around each figure: what Student's t, the replicates' percentiles and Wilson's hold together.

    What is meant is the figure that other image sets of this size come to. Mean AP of few objects is higher than of
    many (the best of few precisions is), and its replicates are higher by as much again: the percentiles alone would
    lie too high, and t alone is too short where classes have few objects. Where nearly all or nothing was found, or
    there is one image only, hardly a replicate differs, though other images would: Wilson's interval for a share of as
    many answers as one object is the part of holds that.
    """
    values = np.array([each.value for each in figures])
    rows = np.stack([each.replicates for each in figures]).astype(np.float64)
    freedom = _freedom(figures)
    low, high = _expanded(rows, freedom)
    half = student(freedom) * _deviations(rows)
    answers = 1 / np.maximum([each.unit for each in figures], _NO_UNIT)
    least = wilson(np.clip(values, 0, 1), answers, student(freedom))
    return Bounds(
        np.maximum(np.minimum(np.minimum(low, values - half), least.low), 0),
        np.minimum(np.maximum(np.maximum(high, values + half), least.high), 1),
    )


def difference_bounds(test: Sequence[Drawn], base: Sequence[Drawn]) -> Bounds:
    """The interval around each difference of two tests on the same images.

    The replicates' percentiles, with one object added in squares: where two tests hardly differ, most of what could
    differ was never seen, and no replicate shows it.
    """
    rows = np.stack([ours.replicates - theirs.replicates for ours, theirs in zip(test, base, strict=True)])
    values = np.array([ours.value - theirs.value for ours, theirs in zip(test, base, strict=True)])
    freedom = np.minimum(_freedom(test), _freedom(base))
    low, high = _expanded(rows.astype(np.float64), freedom)
    unit = np.array([max(ours.unit, theirs.unit) for ours, theirs in zip(test, base, strict=True)])
    least = (student(freedom) * unit) ** 2
    # two figures between 0 and 1 differ by 1 at most
    return Bounds(
        np.maximum(values - np.sqrt(np.maximum(values - low, 0) ** 2 + least), -1),
        np.minimum(values + np.sqrt(np.maximum(high - values, 0) ** 2 + least), 1),
    )


def _freedom(figures: Sequence[Drawn]) -> Floats:
    """Degrees of freedom: images that hold objects, but one."""
    return np.maximum(np.array([each.holding for each in figures], np.float64) - 1, 1)


def _deviations(rows: Floats) -> Floats:
    """The standard deviation of each row without its NaN; NaN where there is nothing else."""
    there = np.isfinite(rows)
    counts = there.sum(axis=1)
    means = np.where(there, rows, 0).sum(axis=1) / np.maximum(counts, 1)
    squares = np.where(there, rows - means[:, None], 0) ** 2
    deviations: Floats = np.sqrt(squares.sum(axis=1) / np.maximum(counts - 1, 1))
    return np.where(counts > 0, deviations, np.nan)


def _expanded(rows: Floats, freedom: Floats) -> Bounds:
    """The percentiles of each row without its NaN, expanded to what Student's t asks of few images.

    Hesterberg, "What Teachers Should Know About the Bootstrap" (2015): at the level that makes the bootstrap's interval
    of a mean as long as Student's.
    """
    quantiles = student(freedom) * np.sqrt((freedom + 1) / freedom)
    share = np.array([math.erfc(each / math.sqrt(2)) / 2 for each in quantiles.tolist()])
    ordered = np.sort(rows, axis=1)
    last = np.maximum(np.isfinite(ordered).sum(axis=1) - 1, 0)
    place = np.arange(len(rows))

    def at(position: Floats) -> Floats:
        lower = np.floor(position).astype(np.intp)
        first, second = ordered[place, lower], ordered[place, np.minimum(lower + 1, last)]
        found: Floats = first + (position - lower) * (second - first)
        return found

    return Bounds(at(share * last), at((1 - share) * last))
