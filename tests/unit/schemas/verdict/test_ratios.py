"""Ratios against their definitions: the linear variance written out, and groups that are done at once."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from schemas.verdict import ratios
from schemas.verdict.intervals import student, wilson
from schemas.verdict.joining import counted
from schemas.verdict.kinds import Ratio
from schemas.verdict.ratios import difference_bounds, ratio_bounds

IMAGES = 37


def counts(seed: int, images: int = IMAGES) -> Ratio:
    rng = np.random.default_rng(seed)
    whole = rng.integers(0, 9, images)
    return Ratio(rng.binomial(whole, 0.6).astype(np.uint8), whole.astype(np.uint8))


def bits_of(*groups: np.ndarray) -> np.ndarray:
    return np.stack([np.packbits(each) for each in groups])


EVERY = bits_of(np.ones(IMAGES, np.bool_))


def variance(moved: np.ndarray, there: np.ndarray) -> float:
    """The squares of what each image moves, the mean of those being 0 by definition."""
    images = int(there.sum())
    return float((moved**2).sum() * images / (images - 1))


@pytest.mark.parametrize("together", [False, True])
def test_a_ratio_has_wilsons_interval_at_its_effective_number_of_objects(together: bool):
    """Fewer than there are where an image's objects are found or missed together, and never more."""
    ratio = counts(1)
    if together:
        ratio = ratio._replace(part=ratio.whole * np.random.default_rng(4).integers(0, 2, IMAGES, np.uint8))
    value, (low, high) = ratio_bounds(ratio, EVERY)
    part, whole = (each.astype(np.float64) for each in ratio)
    share = part.sum() / whole.sum()
    spread = variance((part - share * whole) / whole.sum(), whole > 0)
    effective = share * (1 - share) / spread
    assert (effective < whole.sum() / 2) == together
    expected = wilson(share, min(effective, whole.sum()), student((whole > 0).sum() - 1))
    assert value[0] == pytest.approx(share)
    assert (low[0], high[0]) == pytest.approx((float(expected.low), float(expected.high)))


def test_a_difference_has_students_interval_with_one_object_won_and_one_lost():
    ours, theirs = counts(1), counts(2)
    value, (low, high) = difference_bounds(ours, theirs, EVERY)
    (a, b), (c, d) = ([each.astype(np.float64) for each in ratio] for ratio in (ours, theirs))
    first, second = a.sum() / b.sum(), c.sum() / d.sum()
    there = (b > 0) | (d > 0)
    spread = variance((a - first * b) / b.sum() - (c - second * d) / d.sum(), there) + 2 / min(b.sum(), d.sum()) ** 2
    half = float(student(there.sum() - 1)) * math.sqrt(spread)
    assert value[0] == pytest.approx(first - second)
    assert (low[0], high[0]) == pytest.approx((first - second - half, first - second + half))


def test_for_single_answers_this_is_bonett_and_prices_interval():
    """One object in each image: variance (gained + lost + 2) / n**2 - difference**2 / n, up to the t's n / (n - 1)."""
    images, gained, lost = 400, 9, 4
    ones = np.ones(images, np.uint8)
    base, test = ones.copy(), ones.copy()
    base[:gained], test[gained : gained + lost] = 0, 0
    value, (low, high) = difference_bounds(Ratio(test, ones), Ratio(base, ones), bits_of(ones.astype(np.bool_)))
    spread = (gained + lost) / images**2 - value[0] ** 2 / images
    expected = float(student(images - 1)) * math.sqrt(spread * images / (images - 1) + 2 / images**2)
    assert value[0] == pytest.approx((gained - lost) / images)
    assert ((high - low) / 2)[0] == pytest.approx(expected)


def test_groups_are_what_they_are_alone(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(3)
    groups = [rng.random(IMAGES) < share for share in (0.2, 0.5, 0.5, 0.9)]
    ours, theirs = counts(1), counts(2)
    monkeypatch.setattr(ratios, "BLOCK_IMAGES", 16)
    together = difference_bounds(ours, theirs, bits_of(*groups))
    single = ratio_bounds(ours, bits_of(*groups))
    for number, group in enumerate(groups):
        mine, other = (Ratio(each.part[group], each.whole[group]) for each in (ours, theirs))
        every = bits_of(np.ones(int(counted(bits_of(group))[0]), np.bool_))
        for made, alone in ((together, difference_bounds(mine, other, every)), (single, ratio_bounds(mine, every))):
            assert made[0][number] == pytest.approx(alone[0][0])
            assert [each[number] for each in made[1]] == pytest.approx([each[0] for each in alone[1]])


def test_memory_does_not_grow_with_slices_times_images():
    rng, images = np.random.default_rng(4), 5000
    groups = bits_of(*(rng.random(images) < 0.1 for _ in range(400)))
    ratio = Ratio(rng.integers(0, 5, images).astype(np.uint8), np.full(images, 5, np.uint8))
    ratios._cells.cache_clear()
    tracemalloc.start()
    ratio_bounds(ratio, groups)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(np.unique(ratios._cells(groups.tobytes(), 400, images).of)) > 0.9 * images
    assert kept < 2 * groups.nbytes + 20 * images
    assert peak < 400 * images * 8


def test_samples_without_an_image_in_common_have_no_ratio():
    nothing = Ratio(np.empty(0, np.uint8), np.empty(0, np.uint8))
    for value, bounds in (
        ratio_bounds(nothing, np.empty((3, 0), np.uint8)),
        difference_bounds(nothing, nothing, np.empty((3, 0), np.uint8)),
    ):
        assert np.isnan(value).all()
        assert np.isnan(bounds.low).all()


@pytest.mark.parametrize("share", [0, 1])
def test_a_ratio_without_spread_still_has_an_interval(share: int):
    whole = np.full(IMAGES, 2, np.uint8)
    value, (low, high) = ratio_bounds(Ratio(whole * np.uint8(share), whole), EVERY)
    expected = wilson(share, IMAGES, student(IMAGES - 1))
    assert (value[0], low[0], high[0]) == pytest.approx((share, float(expected.low), float(expected.high)))


def test_error_rates_may_be_over_1():
    whole, part = np.full(IMAGES, 2, np.uint8), np.tile([3, 5], IMAGES)[:IMAGES].astype(np.uint8)
    value, (low, high) = ratio_bounds(Ratio(part, whole), EVERY)
    assert 1 < low[0] < value[0] < high[0]
    difference, (low, high) = difference_bounds(Ratio(part, whole), Ratio(whole * np.uint8(0), whole), EVERY)
    assert difference[0] == value[0]
    assert 1 < low[0] < difference[0] < high[0]


def test_tests_that_do_not_differ_differ_by_no_more_than_a_few_objects():
    ratio = counts(1)
    value, (low, high) = difference_bounds(ratio, ratio, EVERY)
    expected = float(student((ratio.whole > 0).sum() - 1)) * math.sqrt(2) / ratio.whole.sum()
    assert (value[0], low[0], high[0]) == pytest.approx((0, -expected, expected))


def test_differences_of_shares_stay_inside_of_1():
    one = np.array([1, 0], np.uint8)
    _value, (low, high) = difference_bounds(
        Ratio(one, one), Ratio(one * np.uint8(0), one), bits_of(np.array([True] * 2))
    )
    assert (low[0], high[0]) == (-1, 1)
