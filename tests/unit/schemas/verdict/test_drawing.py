"""What is drawn anew: percentiles at the level that few images ask for, one object, and undefined replicates."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from schemas.verdict.drawing import difference_bounds, drawn_bounds
from schemas.verdict.intervals import Z, student, wilson
from schemas.verdict.kinds import Drawn
from schemas.verdict.weights import REPLICATES

QUANTILES = np.array([NormalDist().inv_cdf((each + 0.5) / REPLICATES) for each in range(REPLICATES)])
"""A figure whose replicates are the normal distribution's."""


def figure(value: float, spread: float, *, holding: int = 10**6, unit: float = 0.0, bias: float = 0.0) -> Drawn:
    return Drawn(value, (value + bias + spread * QUANTILES).astype(np.float32), holding, unit)


def constant(value: float, **changes: float) -> Drawn:
    return figure(value, 0.0, **changes)


def test_with_many_images_the_intervals_are_the_percentiles():
    low, high = drawn_bounds([figure(0.5, 0.01)])
    assert (low[0], high[0]) == pytest.approx((0.5 - Z * 0.01, 0.5 + Z * 0.01), rel=1e-3)
    low, high = difference_bounds([figure(0.5, 0.01)], [constant(0.4)])
    assert (low[0], high[0]) == pytest.approx((0.1 - Z * 0.01, 0.1 + Z * 0.01), abs=1e-4)


@pytest.mark.parametrize("holding", [4, 10, 50])
def test_with_few_images_they_are_as_long_as_students_with_the_replicates_spread_unbiased(holding: int):
    low, high = difference_bounds([figure(0.5, 0.01, holding=holding)], [constant(0.4)])
    expected = float(student(holding - 1)) * math.sqrt(holding / (holding - 1)) * 0.01
    assert (high[0] - low[0]) / 2 == pytest.approx(min(expected, -QUANTILES[0] * 0.01), rel=0.02)


def test_tests_that_hardly_differ_may_differ_by_one_object():
    unit = 0.004
    low, high = difference_bounds([constant(0.5, unit=unit)], [constant(0.5, unit=unit / 2)])
    assert (low[0], high[0]) == pytest.approx((-Z * unit, Z * unit), rel=1e-3)
    wide = difference_bounds([figure(0.5, 0.1, unit=unit)], [constant(0.5, unit=unit)])
    none = difference_bounds([figure(0.5, 0.1)], [constant(0.5)])
    assert wide.high[0] - none.high[0] < unit / 25


def test_replicates_that_lie_too_high_do_not_take_the_value_out_of_its_interval():
    low, high = drawn_bounds([figure(0.5, 0.01, bias=0.03)])
    assert low[0] == pytest.approx(0.5 - Z * 0.01, rel=1e-3)
    assert high[0] == pytest.approx(0.53 + Z * 0.01, rel=1e-3)
    low, high = difference_bounds([figure(0.5, 0.01, bias=0.03)], [constant(0.5)])
    assert low[0] <= 0 <= high[0]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_or_nothing_was_found_the_interval_is_that_of_so_many_answers(value: float):
    low, high = drawn_bounds([constant(value, unit=0.02, holding=50)])
    assert (low[0], high[0]) == tuple(map(float, wilson(value, 50, student(49))))
    assert high[0] - low[0] > 0.07


def test_one_image_says_next_to_nothing():
    low, high = drawn_bounds([constant(0.505, unit=0.5, holding=1)])
    assert (low[0], high[0]) == pytest.approx((0, 1), abs=0.01)


def test_intervals_end_where_figures_do():
    low, high = drawn_bounds([figure(0.95, 0.04), figure(0.05, 0.04)])
    assert (high[0], low[1]) == (1, 0)
    assert (low[0], high[1]) == pytest.approx((0.95 - Z * 0.04, 0.05 + Z * 0.04), rel=1e-2)
    low, high = difference_bounds([figure(1.0, 0.2), constant(0.0)], [constant(0.0), figure(1.0, 0.2)])
    assert (high[0], low[1]) == (1, -1)


def test_undefined_replicates_are_left_out():
    made = figure(0.5, 0.01)
    rows = made.replicates.copy()
    rows[::2] = np.nan
    half = drawn_bounds([made._replace(replicates=rows), made, constant(0.2)])
    whole = drawn_bounds([made])
    assert half.low[0] == pytest.approx(whole.low[0], abs=1e-4)
    assert (half.low[1], half.high[1]) == (whole.low[0], whole.high[0])
    assert (half.low[2], half.high[2]) == pytest.approx((0.2, 0.2), abs=1e-6)
    nothing = drawn_bounds([Drawn(math.nan, np.full(REPLICATES, np.nan, np.float32), 0, 0.0)])
    assert np.isnan(nothing.low[0])
