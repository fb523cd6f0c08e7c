"""Collects milliseconds an image for each stage, over every image and loop."""

from __future__ import annotations

from array import array

import numpy as np

from schemas.events.tests import StageTiming


class Stopwatch:
    """One stage's times; four bytes an image and loop."""

    def __init__(self) -> None:
        self._ms = array("f")

    def add(self, seconds: float, images: int = 1) -> None:
        """`images` images took `seconds` together."""
        self._ms.extend([seconds * 1000 / images] * images)

    def timing(self) -> StageTiming:
        """The stage's figures.

        Raises:
            ValueError: nothing was timed.
        """
        if not self._ms:
            raise ValueError("nothing was timed: add images before asking")
        values = np.frombuffer(self._ms, np.float32).astype(np.float64)
        p50, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
        return StageTiming(
            total_ms=float(values.sum()), mean_ms=float(values.mean()), p50_ms=p50, p95_ms=p95, p99_ms=p99
        )
