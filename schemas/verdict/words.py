"""The words of a verdict: an interval around one figure, and what the difference of two figures comes to."""

from __future__ import annotations

from typing import Literal

from schemas.values import Value

CONFIDENCE = 0.95
"""Share of intervals that hold the true value, over many sets of images drawn alike."""

Method = Literal["percentile", "wilson", "score"]
VerdictCode = Literal["within_noise", "better", "worse", "not_comparable"]


class Interval(Value, frozen=True):
    """A 95 % interval around a share of images; `method` is how it was made (`schemas.verdict.judging`)."""

    low: float
    high: float
    images: int
    method: Method


class Verdict(Value, frozen=True):
    """One figure of a test against the same figure of the base, on the images that both tests have.

    `difference` (this minus base, a share of the `images`) has a 95 % interval; `code` is `within_noise` where that
    holds zero. `left_out` counts the images that only one of the tests has. Without an image in common, or without
    replicates, the code is `not_comparable` and the figures are None.
    """

    code: VerdictCode
    images: int = 0
    left_out: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    method: Method | None = None
