"""95 % intervals for shares of images: Wilson's for one share, Tango's score interval for the difference of two."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from schemas.verdict.weights import Sums

Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""
PERCENTILES = (2.5, 97.5)
HALVINGS = 60
"""Bisection of an interval of length 2 down to the last digit of a float."""

Bounds = tuple[float, float]


def wilson(right: int, images: int) -> Bounds:
    """Wilson's score interval (1927) for a share; `images` > 0. Brown, Cai and DasGupta (2001) recommend it."""
    share, spread = right / images, Z * Z / images
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / images + spread / (4 * images)) / (1 + spread)
    # the ends are 0 and 1 where the share is, which rounding would miss
    return (0.0 if right == 0 else middle - half, 1.0 if right == images else middle + half)


def percentile(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Bounds:
    """What the middle 95 % of a figure's replicates lie between."""
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(high)


def share_of(right: Sums, total: Sums) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The replicates of a share; one that drew no image at all (of very few) is left out."""
    drawn = total > 0
    shares: np.ndarray[tuple[int], np.dtype[np.float64]] = right[drawn] / total[drawn]
    return shares


def tango(gained: int, lost: int, images: int) -> Bounds:
    """The score interval for the difference of two shares on the same images; `images` > 0.

    Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
    Statistics in Medicine 17 (1998): all differences that a score test at 5 % does not reject. It leaves out zero
    exactly where McNemar's test rejects equality.

    Args:
        gained: images answered rightly by this test and wrongly by the base.
        lost: the other way round.
    """
    estimate = (gained - lost) / images

    def score(difference: float) -> float:
        return _score(gained, lost, images, difference)

    low = -1.0 if lost == images else _crossing(score, Z, -1.0, estimate)
    high = 1.0 if gained == images else _crossing(score, -Z, estimate, 1.0)
    return low, high


def _score(gained: int, lost: int, images: int, difference: float) -> float:
    """Tango's statistic: the difference's distance from the estimate in standard errors under the hypothesis."""
    linear = -gained - lost + (2 * images - gained + lost) * difference
    constant = -lost * difference * (1 - difference)
    share_lost = (math.sqrt(max(linear * linear - 8 * images * constant, 0.0)) - linear) / (4 * images)
    variance = images * (2 * share_lost + difference * (1 - difference))
    distance = gained - lost - images * difference
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _crossing(score: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling score passes the level, between `low` and `high`."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if score(middle) > level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
