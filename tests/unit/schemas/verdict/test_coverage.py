"""How often the intervals hold the truth, by simulation with fixed seeds: the ground of the choices in `judging`.

`pytest -s --bars` on this file prints the whole table (half an hour).
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from simulated_models import TRUTHS, World, names, ratios

from schemas.verdict.average_precision import Ranked, ap_drawn
from schemas.verdict.intervals import Bounds, tango, wilson
from schemas.verdict.judging import intervals, verdicts
from schemas.verdict.replicates import Sample, sample

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


WORLDS = [
    World("80 classes, another network", 80, 7, 0.7, 0.1),
    World("20 classes, another training", 20, 5, 0.1, 0.0),
    World("3 classes, weights rounded", 3, 3, 0.02, -0.005),
]
SINGLES_LOWEST = 0.9
"""Of one mean AP, whose replicates are biased where classes have few objects, less is asked than of differences."""
KEYS = ("ap/boxes", "recall/boxes", "precision/boxes")
QUICK_TRIALS, QUICK_LOWEST = 100, 0.86
"""Of 100 trials of a 95 % interval, fewer than 86 hold the truth once in 5,000 times."""


class Coverage(NamedTuple):
    """Shares of trials: whose verdict holds the true difference; whose interval holds what a test comes to on average.

    discordant: right boxes that one of the models has more in an image than the other, on average.
    """

    differences: dict[str, float]
    singles: dict[str, float]
    discordant: float


def trial(world: World, rng: np.random.Generator, number: int, images: int) -> tuple[Sample, Sample]:
    """A test of each model on the same new images, the whole way that tests take."""
    digests = names(number, images)
    base, test = (
        sample(digests, {}, ratios=ratios(model), drawn={"ap/boxes": ap_drawn(model, digests)})
        for model in world.models(rng, images)
    )
    return base, test


def coverage(world: World, images: int, trials: int, truths: int = TRUTHS) -> Coverage:
    truth, rng = world.truth(truths), np.random.default_rng([images, world.classes])
    differences, singles, discordant = [], [], []
    for number in range(trials):
        base, test = trial(world, rng, number, images)
        found, around = verdicts(test, base), intervals(base)
        differences.append([[found[key].low, found[key].high] for key in KEYS])
        singles.append([[around[key].low, around[key].high, around[key].value] for key in KEYS])
        parts = [each.ratios["recall/boxes"].part.astype(np.int64) for each in (test, base)]
        discordant.append(np.abs(parts[0] - parts[1]).sum())
    low, high = np.array(differences, np.float64).transpose(2, 1, 0)
    around_low, around_high, value = np.array(singles).transpose(2, 1, 0)
    return Coverage(
        {key: held(Bounds(low[n], high[n]), truth[key]) for n, key in enumerate(KEYS)},
        {key: held(Bounds(around_low[n], around_high[n]), value[n].mean()) for n, key in enumerate(KEYS)},
        float(np.mean(discordant)),
    )


def told(world: World, images: int, found: Coverage) -> str:
    shares = [f"{key} {100 * found.differences[key]:.1f} ({100 * found.singles[key]:.1f})" for key in KEYS]
    return f"\n{images:5} images, {world.name}, {found.discordant:.0f} discordant: {', '.join(shares)} %"


FEW = [*product((5, 20, 50), (0.02, 0.1, 0.9, 0.98))]
"""Images of one object each, and the share of them that is found: nearly all, or hardly any."""


def of_few(images: int, share: float, trials: int) -> float:
    """How often the interval of one mean AP holds what it comes to on average."""
    rng, around = np.random.default_rng([images, round(100 * share)]), []
    for number in range(trials):
        digests = names(number, images)
        hit = np.flatnonzero(rng.random(images) < share)
        one = Ranked(hit, np.ones(len(hit), np.bool_), np.ones(images, np.intp))
        found = intervals(sample(digests, {}, drawn={"ap/boxes": ap_drawn([one], digests)}))["ap/boxes"]
        around.append((found.low, found.high, found.value))
    low, high, value = np.array(around).T
    assert 0 <= low.min() <= high.max() <= 1
    return held(Bounds(low, high), value.mean())


@pytest.mark.parametrize(("images", "share"), [(20, 0.02), (20, 0.9)])
def test_intervals_of_few_objects_hold_the_truth(images: int, share: float):
    assert of_few(images, share, QUICK_TRIALS) >= QUICK_LOWEST


@pytest.mark.bars
@pytest.mark.parametrize(("images", "share"), FEW)
def test_intervals_of_few_objects_hold_the_truth_nearly_always(images: int, share: float):
    found = of_few(images, share, TRIALS)
    print(f"\n{images:5} images of one object, {share} found: {100 * found:.1f} %")
    assert found >= LOWEST


def test_intervals_of_detectors_hold_the_truth():
    world = WORLDS[1]
    found = coverage(world, 50, QUICK_TRIALS, truths=2)
    print(told(world, 50, found))
    assert min(*found.differences.values(), *found.singles.values()) >= QUICK_LOWEST
    assert max(found.differences.values()) < 1


@pytest.mark.bars
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("images", [50, 200, 1000])
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_intervals_of_detectors_hold_the_truth_on_sets_of_every_size(world: World, images: int):
    found = coverage(world, images, TRIALS)
    print(told(world, images, found))
    assert min(found.differences.values()) >= LOWEST
    assert max(found.differences.values()) <= HIGHEST or found.discordant < DISCORDANT_FOR_UPPER_BOUND
    assert min(found.singles.values()) >= SINGLES_LOWEST
