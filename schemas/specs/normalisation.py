"""Normalisation as training code says it, (x / 255 - mean) / std, in the form that templates have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PIXEL_MAX = 255
DIGITS = 9
"""More than a float32 holds."""


class Normalised(NamedTuple):
    """y = (x - mean) * scale, x in 0..255; one value a channel."""

    mean_values: tuple[float, ...]
    scale_values: tuple[float, ...]


def from_unit(mean: Sequence[float], std: Sequence[float]) -> Normalised:
    """What mean and standard deviation of pixels in 0..1 come to.

    Raises:
        ValueError: not one of each for every channel, a mean outside of 0..1, or a deviation outside of ]0, 1].
    """
    if len(mean) != len(std) or not mean:
        raise ValueError(f"{len(mean)} means and {len(std)} deviations: give one of each for every channel")
    if not all(0 <= each <= 1 for each in mean) or not all(0 < each <= 1 for each in std):
        raise ValueError("means lie in 0..1 and deviations above 0 up to 1: pixels are counted from 0 to 1 here")
    return Normalised(
        tuple(_rounded(each * PIXEL_MAX) for each in mean), tuple(_rounded(1 / (each * PIXEL_MAX)) for each in std)
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
