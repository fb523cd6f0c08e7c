"""Intervals of figures that are drawn anew for every replicate, and of their differences: percentiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.verdict.intervals import Bounds

PERCENTILES = (2.5, 97.5)


def drawn_bounds(replicates: NDArray[np.floating]) -> Bounds:
    """What the middle 95 % of each row of replicates, (figures, REPLICATES), lies between; NaN are left out."""
    low, high = np.nanpercentile(replicates, PERCENTILES, axis=1)
    return Bounds(low, high)
