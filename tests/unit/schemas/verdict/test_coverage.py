"""How often the intervals hold the truth, by simulation with fixed seeds: the ground of the rules in `judging`.

`pytest -s --bars` on this file prints the whole table, with the percentile interval alone beside the rule.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from schemas.verdict.intervals import percentile, share_of, tango, wilson
from schemas.verdict.judging import FEW_IMAGES, verdict
from schemas.verdict.replicates import sample
from schemas.verdict.weights import REPLICATES

TRIALS = 2000
LOWEST, HIGHEST = 0.92, 0.98
DISCORDANT_FOR_UPPER_BOUND = 5
"""With fewer discordant images on average there are so few possible outcomes that no interval comes near 95 % from
both sides; the score interval then errs on the long side."""
QUICK_REPLICATES = 400

cached_tango = cache(tango)


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
QUICK = [Level(*each) for each in product((20, 100, 300, 1000), (0.05, 0.3), (0.5, 0.7))]


def resampled(rng: np.random.Generator, counts: np.ndarray, replicates: int) -> tuple[float, float]:
    """The percentile interval: Poisson weights of a group of images add up to Poisson with the group's size."""
    gained, lost, others = (rng.poisson(each, replicates) for each in counts)
    return percentile(share_of(gained - lost, gained + lost + others))


def outcomes(level: Level) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng([level.images, round(100 * level.discordant), round(100 * level.won)])
    shares = (level.discordant * level.won, level.discordant * (1 - level.won), 1 - level.discordant)
    return rng, rng.multinomial(level.images, shares, TRIALS)


def coverage(level: Level, *, few: int, replicates: int) -> float:
    """Share of trials whose interval holds the true difference; the score interval below `few` discordant images."""
    rng, trials = outcomes(level)
    held = 0
    for counts in trials:
        gained, lost = int(counts[0]), int(counts[1])
        scored = gained + lost < few
        low, high = cached_tango(gained, lost, level.images) if scored else resampled(rng, counts, replicates)
        held += low - 1e-12 <= level.difference <= high + 1e-12
    return held / TRIALS


def holds(level: Level, found: float) -> bool:
    return found >= LOWEST and (found <= HIGHEST or level.expected < DISCORDANT_FOR_UPPER_BOUND)


@pytest.mark.parametrize("level", QUICK, ids=str)
def test_paired_intervals_hold_the_true_difference(level: Level):
    assert holds(level, coverage(level, few=FEW_IMAGES, replicates=QUICK_REPLICATES))


def test_without_the_rule_few_discordant_images_would_be_judged_wrongly():
    level = Level(100, 0.02, 0.7)
    assert coverage(level, few=0, replicates=QUICK_REPLICATES) < 0.8
    assert coverage(level, few=FEW_IMAGES, replicates=QUICK_REPLICATES) >= LOWEST


def single(images: int, share: float, *, few: int, replicates: int) -> float:
    """The same for one share of right answers."""
    rng = np.random.default_rng([images, round(1000 * share)])
    held = 0
    for right in rng.binomial(images, share, TRIALS).tolist():
        if min(right, images - right) < few:
            low, high = wilson(right, images)
        else:
            drawn = rng.poisson(right, replicates)
            low, high = percentile(share_of(drawn, drawn + rng.poisson(images - right, replicates)))
        held += low <= share <= high
    return held / TRIALS


@pytest.mark.parametrize(("images", "share"), [*product((20, 100, 300, 1000), (0.5, 0.8, 0.95))])
def test_intervals_of_one_share_hold_the_truth(images: int, share: float):
    found = single(images, share, few=FEW_IMAGES, replicates=QUICK_REPLICATES)
    assert LOWEST <= found <= HIGHEST


@pytest.mark.bars
@pytest.mark.timeout(900)
def test_the_whole_table_of_coverages():
    print(f"\n{'images':>6} {'differ':>6} {'truth':>7} {'discordant':>10} {'rule %':>7} {'percentile %':>12}")
    failed = []
    for level in LEVELS:
        rule, alone = (coverage(level, few=few, replicates=REPLICATES) for few in (FEW_IMAGES, 0))
        line = f"{level.images:6} {level.discordant:6} {level.difference:+7.3f} {level.expected:10.0f}"
        print(f"{line} {100 * rule:7.1f} {100 * alone:12.1f}")
        if not holds(level, rule):
            failed.append((level, rule))
    for images, share in product((20, 100, 300, 1000), (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)):
        found = single(images, share, few=FEW_IMAGES, replicates=REPLICATES)
        print(f"{images:6} one share of {share}: {100 * found:.1f} %")
        if found < LOWEST:
            failed.append((images, share, found))
    assert not failed


@pytest.mark.bars
@pytest.mark.timeout(900)
def test_verdicts_on_images_hold_the_truth():
    """The whole way, from images with digests of their own; two models that differ by nothing are told apart rarely."""
    level, rng, found = Level(300, 0.3, 0.5), np.random.default_rng(5), []
    for trial in range(500):
        digests = [f"sha256:{hashlib.sha256(f'{trial} {each}'.encode()).hexdigest()}" for each in range(level.images)]
        kind = rng.choice(3, level.images, p=(level.discordant * level.won, level.discordant * (1 - level.won), 0.7))
        both = rng.random(level.images) < 0.8
        ours, theirs = (sample(digests, {"top1": (kind == each) | ((kind == 2) & both)}) for each in (0, 1))
        found.append(verdict(ours, theirs, "top1"))
    assert {each.method for each in found} == {"percentile"}
    assert LOWEST <= sum(each.code == "within_noise" for each in found) / len(found) <= HIGHEST
