"""The kinds of figures that a test has, as what their intervals are made of: shares, ratios, and those drawn anew."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.bool_]
"""(images,): whether each image counts as right. The figure is their share."""
Counts = NDArray[np.unsignedinteger]
"""(images,): a count of each image."""

LOWER_IS_BETTER = frozenset({"cer"})
"""Figures of which less is better; of all others more is."""


class Ratio(NamedTuple):
    """A figure that is one sum over the images by another: recall is objects found by all objects.

    part, whole: (images,) counts of each image, no less than 0.
    """

    part: Counts
    whole: Counts


class Drawn(NamedTuple):
    """A figure that is no sum over images (mean AP), drawn anew for each replicate of the images' weights.

    value: of the images as they are; NaN where it is undefined.
    replicates: (REPLICATES,) float32, the same with the weights of each replicate; NaN where it is undefined.
    holding: how many images hold something that the figure is about (objects).
    unit: what one object more or less, found or lost, makes of the figure: the root of the mean square over objects.
    """

    value: float
    replicates: NDArray[np.float32]
    holding: int
    unit: float


def lower_is_better(measure: str) -> bool:
    """Whether less is better of this measure (`MEASURE/TASK`)."""
    return measure.partition("/")[0] in LOWER_IS_BETTER
