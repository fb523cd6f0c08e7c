"""95 % intervals by formula: Wilson's for one share, Tango's for the difference of two, Student's t. Over arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""
PERCENTILES = (2.5, 97.5)
HALVINGS = 40
"""Bisection of an interval of length 2 to 1e-12."""
_NOTHING = 1e-300

Floats = NDArray[np.float64]


class Bounds(NamedTuple):
    """The two ends of intervals, one of each for each figure."""

    low: Floats
    high: Floats


def student(freedom: ArrayLike) -> Floats:
    """The 97.5 % quantile of Student's t, by its expansion about the normal's; `freedom` >= 1 degrees of freedom.

    Fisher and Cornish (1960). From three degrees on it is right to 1 %, from six to 0.01 %; below three, where no
    interval is worth much, the exact values stand.
    """
    degrees = np.asarray(freedom, np.float64)
    a, b = (Z**3 + Z) / 4, (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    c = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    d = (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160
    inverse = 1 / np.maximum(degrees, 1)
    found = Z + inverse * (a + inverse * (b + inverse * (c + inverse * d)))
    return np.where(degrees < 2, 12.7062047, np.where(degrees < 3, 4.3026527, found))


def wilson(share: ArrayLike, images: ArrayLike, quantile: ArrayLike = Z) -> Bounds:
    """Wilson's score interval (1927) for a share; `images` > 0, whole or not.

    Brown, Cai and DasGupta (2001) recommend it; Dean and Pagano (2015) for samples of clusters, with the effective
    number of `images` and Student's quantile.
    """
    share, images, quantile = (np.asarray(each, np.float64) for each in (share, images, quantile))
    spread = quantile * quantile / images
    middle = (share + spread / 2) / (1 + spread)
    half = quantile * np.sqrt(share * (1 - share) / images + spread / (4 * images)) / (1 + spread)
    # the ends are 0 and 1 where the share is, which rounding would miss
    return Bounds(np.where(share == 0, 0.0, middle - half), np.where(share == 1, 1.0, middle + half))


def tango(gained: ArrayLike, lost: ArrayLike, images: ArrayLike) -> Bounds:
    """The score interval for the difference of two shares on the same images; `images` > 0.

    Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
    Statistics in Medicine 17 (1998): all differences that a score test at 5 % does not reject. It leaves out zero
    exactly where McNemar's test rejects equality.

    Args:
        gained: images answered rightly by this test and wrongly by the base.
        lost: the other way round.
    """
    gained, lost, images = (np.asarray(each, np.float64) for each in (gained, lost, images))
    estimate = (gained - lost) / images

    ends = np.stack((np.full_like(estimate, -1.0), estimate)), np.stack((estimate, np.full_like(estimate, 1.0)))
    levels = np.array([Z, -Z]).reshape(2, *(1 for _ in estimate.shape))
    low, high = _crossing(lambda difference: _score(gained, lost, images, difference) - levels, *ends)
    return Bounds(np.where(lost == images, -1.0, low), np.where(gained == images, 1.0, high))


def _score(gained: Floats, lost: Floats, images: Floats, difference: Floats) -> Floats:
    """Tango's statistic: the difference's distance from the estimate in standard errors under the hypothesis."""
    linear = -gained - lost + (2 * images - gained + lost) * difference
    constant = -lost * difference * (1 - difference)
    share_lost = (np.sqrt(np.maximum(linear * linear - 8 * images * constant, 0.0)) - linear) / (4 * images)
    variance = images * (2 * share_lost + difference * (1 - difference))
    distance = gained - lost - images * difference
    scores: Floats = distance / np.sqrt(np.maximum(variance, _NOTHING))
    return scores


def _crossing(falling: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a falling function passes 0, between `low` and `high`."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        over = falling(middle) > 0
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return (low + high) / 2
