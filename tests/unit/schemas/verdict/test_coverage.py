"""How often the intervals hold the truth, by simulation with fixed seeds: the ground of the choices in `judging`.

`pytest -s --bars` on this file prints the whole table.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from schemas.verdict.intervals import Bounds, tango, wilson

TRIALS = 2000
LOWEST, HIGHEST = 0.92, 0.98
DISCORDANT_FOR_UPPER_BOUND = 5
"""With fewer discordant images on average there are so few possible outcomes that no interval comes near 95 % from
both sides; the score interval then errs on the long side."""


class Level(NamedTuple):
    """How two models agree: share of images they differ on, and the share of those that the second one wins."""

    images: int
    discordant: float
    won: float

    @property
    def difference(self) -> float:
        return self.discordant * (2 * self.won - 1)

    @property
    def expected(self) -> float:
        return self.images * self.discordant


LEVELS = [Level(*each) for each in product((20, 100, 300, 1000), (0.02, 0.05, 0.1, 0.2, 0.3), (0.5, 0.6, 0.7, 0.9))]
SHARES = [*product((20, 100, 300, 1000), (0.5, 0.7, 0.8, 0.9, 0.95, 0.98))]


def held(bounds: Bounds, truth: float) -> float:
    """Share of the trials whose interval holds the truth."""
    return float(np.mean((bounds.low - 1e-12 <= truth) & (truth <= bounds.high + 1e-12)))


def of_difference(level: Level) -> float:
    rng = np.random.default_rng([level.images, round(100 * level.discordant), round(100 * level.won)])
    shares = (level.discordant * level.won, level.discordant * (1 - level.won), 1 - level.discordant)
    gained, lost, _others = rng.multinomial(level.images, shares, TRIALS).T
    return held(tango(gained, lost, level.images), level.difference)


def of_share(images: int, share: float) -> float:
    rng = np.random.default_rng([images, round(1000 * share)])
    return held(wilson(rng.binomial(images, share, TRIALS) / images, images), share)


@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_intervals_of_a_difference_of_shares_hold_the_truth(level: Level):
    found = of_difference(level)
    print(f"\n{level.images:6} images, {level.expected:5.0f} discordant, {level.difference:+.3f}: {100 * found:.1f} %")
    assert found >= LOWEST
    assert found <= HIGHEST or level.expected < DISCORDANT_FOR_UPPER_BOUND


@pytest.mark.parametrize(("images", "share"), SHARES)
def test_intervals_of_one_share_hold_the_truth(images: int, share: float):
    found = of_share(images, share)
    print(f"\n{images:6} images, share {share}: {100 * found:.1f} %")
    assert found >= LOWEST
