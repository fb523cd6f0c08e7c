"""The words of a verdict: an interval around one figure, and what the difference of two figures comes to."""

from __future__ import annotations

from typing import Literal

from schemas.values import Value

CONFIDENCE = 0.95
"""Share of intervals that hold the true value, over many sets of images drawn alike."""

Method = Literal["wilson", "score", "linear", "replicates"]
VerdictCode = Literal["within_noise", "better", "worse", "not_comparable"]
Reason = Literal["replicates_missing", "figure_missing", "figure_undefined", "no_images_in_common", "images_differ"]
"""Why there is no verdict. `images_differ`: what is drawn anew (mean AP) is not to be had for shared images alone."""


class Interval(Value, frozen=True):
    """A 95 % interval around one figure's `value`, which is of `images`; `method`: see `schemas.verdict.judging`."""

    low: float
    high: float
    images: int
    method: Method
    value: float


class Verdict(Value, frozen=True):
    """One figure of a test against the same figure of the base, on the images that both tests have.

    `difference` (this minus base) has a 95 % interval; `code` is `within_noise` where that holds zero, and else says
    whether the figure became better. `left_out` counts the images that only one of the tests has. With the code
    `not_comparable` the figures are None, and `reason` says why.
    """

    code: VerdictCode
    images: int = 0
    left_out: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    method: Method | None = None
    reason: Reason | None = None
